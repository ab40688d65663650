// Trains a network that reads storybook pictures. See Sources/Inspectors/TrainClassifier.
import TrainClassifier

TrainClassifierCommand.start()
