import Commands
import TrainTokenizer

TrainTokenizerCommand.start()
