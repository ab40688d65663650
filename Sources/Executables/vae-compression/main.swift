import Commands
import VAECompression

VAECompressionCommand.start()
