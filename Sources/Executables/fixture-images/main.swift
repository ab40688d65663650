// Draws the pictures of fixtures/images again, into the folder that is named or there.

import Foundation
import StorybookWorld

let folder = CommandLine.arguments.dropFirst().first ?? "fixtures/images"
for file in FixtureImages.files {
  let place = URL(fileURLWithPath: folder).appendingPathComponent(file.path)
  try FileManager.default.createDirectory(
    at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
  try file.data.write(to: place)
  print(place.relativePath, file.data.count)
}
