import Diffusion
import JSON
import Networks

/// What a model's folder says a picture is made with, as diffusers' pipelines read it.
public struct PipelineDefaults: Sendable, Equatable {
  /// Nil where the scheduler's class has no sampler here.
  public let sampler: SamplerName?
  /// s in ε_u + s·(ε_c − ε_u).
  public let guidanceScale: Double
  /// Why this sampler, in a few words: "as the model says (DDIMScheduler)".
  public let samplerReason: String
  /// Why this scale, likewise.
  public let guidanceReason: String

  /// The scale of diffusers' Stable Diffusion pipelines, for folders that recommend none.
  public static let pipelineGuidanceScale = 7.5
}

extension LatentDiffusionModel {
  /// What is taken where a person names no sampler and no guidance scale.
  public var defaults: PipelineDefaults {
    PipelineDefaults(
      sampler: scheduler.samplerName,
      guidanceScale: recommendedGuidanceScale ?? PipelineDefaults.pipelineGuidanceScale,
      samplerReason: "as the model says (\(scheduler.className))",
      guidanceReason: recommendedGuidanceScale == nil
        ? "the usual value: the model's folder recommends none"
        : "as the model's folder recommends")
  }
}

extension PipelineDefaults {
  /// What was taken where nobody named it, and why: one clause each.
  /// - Parameters:
  ///   - sampler: what a person named; nil for nothing.
  ///   - scale: likewise.
  public func choices(besides sampler: SamplerName?, guidanceScale scale: Double?) -> [String] {
    var choices: [String] = []
    if sampler == nil, let name = self.sampler {
      choices.append("the sampler is \(name.rawValue), \(samplerReason)")
    }
    if scale == nil {
      let own =
        guidanceScale == guidanceScale.rounded()
        ? "\(Int(guidanceScale))" : "\(guidanceScale)"
      choices.append("the guidance scale is \(own), \(guidanceReason)")
    }
    return choices
  }
}

extension UNetConfiguration {
  /// The configuration as diffusers' Stable Diffusion pipelines read it: files written before 0.9.0
  /// say 32 for models of 64. One number below 64 counts as 64; a pair stays what it is.
  ///
  /// Source: diffusers 0.42.1 `StableDiffusionPipeline.__init__`.
  /// - Parameter file: the U-Net's config.json.
  /// - Throws: `JSONError` where `_diffusers_version` is no string.
  package init(asPipelinesRead file: JSONNode) throws {
    try self.init(file)
    let version = try file.find("_diffusers_version")?.string() ?? ""
    let numbers = version.split(separator: ".").prefix(2).map { Int($0) }
    if numbers.count == 2, let major = numbers[0], let minor = numbers[1], (major, minor) < (0, 9),
      case .integer(..<64) = try file.find("sample_size")?.value
    {
      sampleSize = [64, 64]
    }
  }
}
