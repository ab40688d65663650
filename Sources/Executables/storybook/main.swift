import Commands
import StorybookWorld

StorybookCommand.start()
