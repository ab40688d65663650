import Foundation
import LatentDiffusion
import Networks
import TestSupport

/// Runs `body` with the folder of a model that nobody trained.
public func withUntrainedModel<R>(_ body: (String) throws -> R) throws -> R {
  try withTemporaryFolder { folder in
    let path = folder.appendingPathComponent("untrained").path
    try LatentDiffusionModel.untrained(
      tokenizer: CLIPTokenizer(folder: Repository.path("fixtures/model/tokenizer"))
    ).write(to: path)
    return try body(path)
  }
}
