import Commands
import TextEncoding

TextEncodingCommand.start()
