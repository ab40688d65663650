import TextEncoding

TextEncodingCommand.start()
