import Commands
import TextToImage

TextToImageCommand.start()
