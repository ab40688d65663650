import TrainAutoencoder
import Commands

TrainAutoencoderCommand.start()
