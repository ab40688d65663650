import Conditioning
import GoldenSupport
import Imaging
import LatentDiffusion
import Records
import Storybook
import Tensors
import TestSupport
import Testing

@Suite("The bundled models of conditioning") struct ShippedConditioningTests {
  private static let prompt = "a red boat on the sea by day"

  private func picture(_ way: Way, _ told: Told, scale: Double) throws -> Tensor {
    let model = try ConditionedModel(way, opening: way.shippedModel())
    let noise = TorchGenerator(seed: 42).normal([1] + model.latentShape)
    return try model.pictures([told], noise: noise, steps: 6, guidanceScale: scale)
  }

  /// max |Δ| over every fourth pixel.
  private func error(_ picture: Tensor, _ name: String) throws -> Float {
    let golden = try #require(try Golden.load("conditioning")[name])
    let kept = Tensor(golden.shape) { out in
      for c in 0..<3 {
        for y in 0..<32 {
          for x in 0..<32 { out[(c * 32 + y) * 32 + x] = picture[0, c, 4 * y, 4 * x] }
        }
      }
    }
    return kept.maxAbsDifference(from: golden)
  }

  @Test("boxes: what diffusers' LDMBertModel and U-Net paint, and other boxes paint something else")
  func layout() throws {
    let boat = SceneBox(.boat, left: 3 / 32, top: 0.5, right: 0.5, bottom: 29 / 32)
    let moon = SceneBox(.moon, left: 22 / 32, top: 3 / 32, right: 29 / 32, bottom: 10 / 32)
    #expect(try error(picture(.layout, Told(boxes: [boat, moon]), scale: 3), "layout") <= 1e-4)
    #expect(try error(picture(.layout, Told(boxes: [moon]), scale: 3), "layout") > 0.1)
  }

  @Test("a class: what its U-Net paints in diffusers") func classLabel() throws {
    let off = try error(picture(.classLabel, Told(kind: .boat), scale: 1.5), "class")
    #expect(off <= 1e-4)
    #expect(try error(picture(.classLabel, Told(kind: .house), scale: 1.5), "class") > 0.1)
  }

  @Test("a semantic map: what its U-Net paints in diffusers") func semanticMap() throws {
    let shares = Tensor([1, 5, 16, 16]) { out in
      out.update(repeating: 0)
      for y in 0..<16 {
        for x in 0..<16 {
          let layer = 5..<12 ~= y && 4..<9 ~= x ? 3 : y < 8 ? 0 : 2
          out[(layer * 16 + y) * 16 + x] = 1
        }
      }
    }
    let told = Told(map: shares, prompt: Self.prompt, downsamplingFactor: 1)
    #expect(try error(picture(.semanticMap, told, scale: 1.5), "semantic-map") <= 1e-4)
  }

  @Test("inpainting: what diffusers' pipeline paints") func inpainting() throws {
    let model = try LatentDiffusionModel(opening: Way.inpainting.shippedModel())
    var request = GenerationRequest(prompt: Self.prompt)
    (request.steps, request.guidanceScale, request.strength) = (6, 1.5, 1)
    request.initialImage = (TorchGenerator(seed: 5).normal([1, 3, 128, 128]).scaled(by: 0.3))
      .clamped(to: -1...1)
    request.mask = Tensor([1, 1, 128, 128]) { out in
      for i in out.indices {
        out[i] = 32..<96 ~= i / 128 && 24..<80 ~= i % 128 ? 1 : 0
      }
    }
    let generation = try Generation(request, with: model)
    var latent = generation.start
    for step in generation { latent = step.next }
    let picture = generation.decode(latent).clamped(to: -1...1)
    #expect(try error(picture, "inpainting") <= 1e-4)
  }

  @Test("super-resolution: what diffusers' pipeline paints, with its noise on the small picture")
  func superResolution() throws {
    let small = (TorchGenerator(seed: 6).normal([1, 3, 32, 32]).scaled(by: 0.3)).clamped(to: -1...1)
    let noise = TorchGenerator(seed: 7).normal(small.shape)
    func drawn(_ level: Int) throws -> Tensor {
      try picture(
        .superResolution,
        Told(enlarging: small, level: level, prompt: Self.prompt, noise: noise), scale: 1)
    }
    let off = try error(drawn(100), "super-resolution")
    #expect(off <= 1e-4)
    #expect(try error(drawn(0), "super-resolution") > 1e-2)
  }

  @Test("the measured table holds what was promised") func table() throws {
    let text = try String(
      contentsOfFile: Repository.path("fixtures/conditioning/evaluation.csv"), encoding: .utf8)
    let table = try #require(CSVTable(text: text))
    let measures = try #require(table.texts("measure"))
    let (values, bases) = try (
      #require(table.numbers("value")), #require(table.numbers("baseline_value"))
    )
    func gain(_ measure: String) throws -> (value: Double, gain: Double) {
      let row = try #require(measures.firstIndex(of: measure))
      return (values[row], values[row] - bases[row])
    }
    #expect(try gain("boxes with their object").value >= 0.85)
    #expect(try gain("boxes with their object").gain >= 0.2)
    #expect(try gain("PSNR in the hole").gain >= 3)
    #expect(try gain("PSNR after one back-projection").gain >= 1.5)
    #expect(try gain("places as the map says").value >= 0.9)
  }
}
