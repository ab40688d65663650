import Commands
import Foundation
import TestSupport
import TextToImage

/// Runs `text-to-image` with these arguments into a folder that is gone afterwards.
func run<R>(
  _ arguments: [String], _ body: (_ folder: URL, InspectorResult) throws -> R
) throws -> R {
  try withTemporaryFolder { parent in
    let folder = parent.appendingPathComponent("out")
    let result = try TextToImageCommand.run(arguments + ["--output", folder.path])
    return try body(folder, result)
  }
}
