import Diffusion
import LatentDiffusion

/// What is drawn in every combination: options that may be lists.
public struct PictureLists: Sendable {
  private let prompts: [String]
  /// Empty for the model's own.
  public let samplers: [SamplerName]
  private let guidanceScales: [Double]
  private let seeds: [UInt64]

  /// In the order in which they become rows and columns.
  /// - Parameters:
  ///   - prompts: what the pictures should show.
  ///   - samplers: who walks; empty for the model's own.
  ///   - guidanceScales: s in ε_u + s·(ε_c − ε_u).
  ///   - seeds: of the noises.
  public init(
    prompts: [String], samplers: [SamplerName], guidanceScales: [Double], seeds: [UInt64]
  ) {
    (self.prompts, self.samplers) = (prompts, samplers)
    (self.guidanceScales, self.seeds) = (guidanceScales, seeds)
  }

  /// What stands under and beside each other; nil for one picture.
  /// - Parameter most: how many pictures are made at most.
  /// - Throws: as `ComparedLists`.
  public func compared(most: Int = Values.most) throws -> ComparedLists? {
    try ComparedLists(
      [
        .prompts(prompts), .init("sampler", samplers.map(\.rawValue)),
        .init("guidance-scale", guidanceScales.map(Values.text)),
        .init("seed", seeds.map { String($0) }),
      ], most: most)
  }

  /// One request for each picture, row by row: the first list is that of the rows, whichever it is.
  /// - Parameter common: what all of them have in common.
  public func requests(_ common: GenerationRequest) -> [GenerationRequest] {
    var requests: [GenerationRequest] = []
    for prompt in prompts {
      for sampler in samplers.isEmpty ? [nil] : samplers.map(Optional.some) {
        for scale in guidanceScales {
          for seed in seeds {
            var request = common
            (request.prompt, request.sampler) = (prompt, sampler)
            (request.guidanceScale, request.seed) = (scale, seed)
            requests.append(request)
          }
        }
      }
    }
    return requests
  }
}
