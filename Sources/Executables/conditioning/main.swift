import Commands
import Conditioning

ConditioningCommand.start()
