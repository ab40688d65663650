import Commands
import TrainClassifier

TrainClassifierCommand.start()
