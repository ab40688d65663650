import Commands
import GuidanceSweep

GuidanceSweepCommand.start()
