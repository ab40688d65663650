import Attention
import Foundation
import LatentDiffusion
import Networks
import Tensors
import TestSupport

/// The golden run: the tiny random pipeline with a picture that is not square, four DDIM steps.
enum Examples {
  static let modelPath = Repository.path("fixtures/golden/pipeline")

  static func model() throws -> LatentDiffusionModel {
    try LatentDiffusionModel(opening: modelPath)
  }

  struct Case: Decodable {
    struct Edit: Decodable {
      var prompt: String
      var word, old, new: String?
      var factor: Double?

      var intervention: Intervention? {
        if let word, let factor { return .scale(word, factor) }
        if let old, let new { return .swap(old: old, new: new) }
        return nil
      }
    }
    struct Layer: Decodable {
      var place: String
      var height, width: Int
      init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        place = try list.decode(String.self)
        height = try list.decode(Int.self)
        width = try list.decode(Int.self)
      }
    }
    var prompt, negative: String
    var seed: UInt64
    var steps, height, width: Int
    var scale: Double
    var timesteps: [Int]
    var synthetic: [Layer]
    var edits: [String: Edit]
  }

  static func golden() throws -> Case {
    let file = URL(fileURLWithPath: Repository.path("fixtures/golden/attention.json"))
    return try JSONDecoder().decode(Case.self, from: Data(contentsOf: file))
  }

  static func request(_ golden: Case) -> GenerationRequest {
    var request = GenerationRequest(prompt: golden.prompt)
    request.negativePrompt = golden.negative
    (request.steps, request.guidanceScale, request.seed) = (golden.steps, golden.scale, golden.seed)
    (request.height, request.width, request.sampler) = (golden.height, golden.width, .ddim)
    return request
  }

  /// A run of the golden request.
  static func run(
    _ change: (inout AttentionSettings) -> Void = { _ in },
    request edit: (inout GenerationRequest) -> Void = { _ in }
  ) throws -> AttentionRun {
    var settings = AttentionSettings()
    change(&settings)
    return try AttentionRun(generation(edit), settings)
  }

  /// The golden request with changed attention.
  static func edited(
    _ interventions: [Intervention],
    request edit: (inout GenerationRequest) -> Void = { _ in }
  ) throws -> EditedRun {
    try EditedRun(generation(edit), interventions)
  }

  private static func generation(_ edit: (inout GenerationRequest) -> Void) throws -> Generation {
    var request = request(try golden())
    edit(&request)
    return try Generation(request, with: model())
  }

  /// Whether two tensors are equal where numbers are numbers.
  static func difference(_ a: Tensor, _ b: Tensor) -> Float {
    guard a.shape == b.shape else { return .infinity }
    return zip(a.elements, b.elements).reduce(0) { most, pair in
      if pair.0.isNaN && pair.1.isNaN { return most }
      let difference = abs(pair.0 - pair.1)
      return difference.isNaN ? .infinity : max(most, difference)
    }
  }
}
