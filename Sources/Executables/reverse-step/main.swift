import Commands
import ReverseStep

ReverseStepCommand.start()
