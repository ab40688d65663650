import Commands
import TrainDiffusion

TrainDiffusionCommand.start()
