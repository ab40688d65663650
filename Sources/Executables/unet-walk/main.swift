import Commands
import UNetWalk

UNetWalkCommand.start()
