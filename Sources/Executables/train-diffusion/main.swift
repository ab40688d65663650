import Commands
import DiffusionTraining

DiffusionTrainingCommand.start()
