import Foundation
import Networks
import Tensors
import TestSupport
import Testing
import Tracing
import UNetWalk

@Suite("unet-walk") struct UNetWalkTests {
  /// Three small levels, with and without attention.
  private static let configuration: UNetConfiguration = {
    var c = UNetConfiguration()
    c.sampleSize = [12, 8]
    c.blockOutChannels = [32, 64, 64]
    c.downBlocks = [.crossAttention, .crossAttention, .plain]
    c.upBlocks = [.plain, .crossAttention, .crossAttention]
    c.layersPerBlock = [1, 1, 1]
    c.attentionHeads = [4, 4, 4]
    c.crossAttentionDimensions = [16, 16, 16]
    c.transformerLayers = [1, 1, 1]
    return c
  }()

  private static func walk() throws -> (UNet2DConditionModel, WalkExperiment) {
    let unet = try UNet2DConditionModel(configuration, seed: 1)
    let generator = TorchGenerator(seed: 2)
    return (
      unet,
      WalkExperiment(
        unet, sample: generator.normal([1, 4, 12, 8]), t: 500,
        context: generator.normal([1, 7, 16]))
    )
  }

  @Test("the layers that took part hold all parameters, and looking changes nothing")
  func totals() throws {
    let (unet, walk) = try Self.walk()
    #expect(walk.parameters == unet.parameterCount)
    #expect(walk.output.maxAbsDifference(from: walk.unobserved) <= 1e-5 * walk.output.maxAbs)
    #expect(walk.flops > 1_000_000)
  }

  @Test("a convolution's operations are 2 · outputs · inputs · 9 per pixel")
  func flops() throws {
    let walk = try Self.walk().1
    let first = try #require(walk.layers.first { $0.record.path == "conv_in" })
    #expect(first.record.flops == 2 * 12 * 8 * 32 * 4 * 9)
    #expect(first.record.parameters == 32 * 4 * 9 + 32)
  }

  @Test("stops follow the U: the image halves on the way down and doubles on the way up")
  func stops() throws {
    let walk = try Self.walk().1
    let widths = walk.stops.map { $0.layer.record.outputShape[2] }
    #expect(widths.first == 8 && widths.last == 8 && widths.min() == 2)
    #expect(
      walk.stops.allSatisfy { $0.channels.shape[0] == min(8, $0.layer.record.outputShape[3]) })
    #expect(walk.skips.count == 6)
    #expect(walk.stops.compactMap(walk.branchShare).allSatisfy { $0 > 0 && $0 < 3 })
  }

  @Test("Stable Diffusion v1 has 859,520,964 parameters")
  func stableDiffusion() throws {
    #expect(try UNet2DConditionModel(UNetConfiguration(), seed: 0).parameterCount == 859_520_964)
  }

  @Test("writes walk.csv, pictures stamped UNTRAINED, and a page that works offline")
  func command() throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let result = try UNetWalkCommand.run([
        "--architecture", "storybook", "--output", folder.path, "--tensors",
      ])
      #expect(result.page.provenance == .untrained)
      for residual in result.page.residuals { #expect(residual.holds) }
      let text = try String(contentsOf: folder.appendingPathComponent("walk.csv"), encoding: .utf8)
      let table = try #require(CSVTable(text: text))
      #expect(
        table.columns == [
          "order", "path", "kind", "input_shape", "output_shape", "parameters", "flops", "seconds",
          "mean", "std", "min", "max",
        ])
      #expect(table.texts("path")?.contains("mid_block.attentions.0") == true)
      try withBrowserPage(result.pagePath) { page in
        let source = "document.querySelector('.pictures img').src"
        let first: String = try page.evaluate(source)
        try page.press("ArrowRight")
        let second: String = try page.evaluate(source)
        let stamped: Bool = try page.evaluate("document.body.innerText.includes('UNTRAINED')")
        let problems = try page.problems()
        #expect(first != second && stamped && problems == [])
      }
    }
  }

  @Test("without --model it walks through the model that comes along, listening to a prompt")
  func shipped() throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let result = try UNetWalkCommand.run([
        "--output", folder.path, "--prompt", "a red boat on the sea by day",
      ])
      #expect(result.page.provenance == .trained)
      for residual in result.page.residuals { #expect(residual.holds) }
    }
  }

  static let mistakes: [BadInput] = [
    .usage("--t", "1000", mentions: "--t"),
    .usage("--architecture", "sd-v9", mentions: "storybook"),
    .usage("--architecture", "storybook", "--prompt", "a house", mentions: "--architecture"),
    BadInput("a model that is not there", status: 66, mentions: "nowhere") { _ in
      ["--model", "nowhere"]
    },
    BadInput("a picture as a model", status: 65, mentions: "scene.png") { _ in
      ["--model", Repository.path("fixtures/images/scene.png")]
    },
  ]

  @Test("answers bad input with one line and the right status", arguments: mistakes)
  func badInput(_ input: BadInput) throws {
    let problems = try input.problems(of: "unet-walk")
    #expect(problems == [])
  }
}
