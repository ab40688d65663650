import Commands
import Tour

TourCommand.start()
