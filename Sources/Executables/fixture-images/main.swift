import Commands
import StorybookWorld

FixtureImagesCommand.start()
