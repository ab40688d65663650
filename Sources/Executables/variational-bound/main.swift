import Commands
import VariationalBound

VariationalBoundCommand.start()
