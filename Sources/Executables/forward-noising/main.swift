import Commands
import ForwardNoising

ForwardNoisingCommand.start()
