import Diffusion
import Foundation
import LatentDiffusion
import Networks
import Records
import Tensors
import TestSupport
import Testing
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

  @Test("no layer can be faster than the processor, nor than memory brings its numbers")
  func roof() throws {
    let machine = Roofline.Machine(peak: 100, bandwidth: 10)
    #expect(machine.attainable(intensity: 2) == 20)
    #expect(machine.attainable(intensity: 50) == 100)
    let unet = try UNet2DConditionModel(Self.configuration, seed: 1)
    let walk = try Self.walk().1
    let generator = TorchGenerator(seed: 2)
    let roofline = Roofline(
      unet, sample: generator.normal([1, 4, 12, 8]), t: 500,
      context: generator.normal([1, 7, 16]), machine: machine)
    #expect(roofline.layers.reduce(0) { $0 + $1.flops } == walk.flops)
    let first = try #require(roofline.layers.first { $0.path == "conv_in" })
    let (pixels, weights) = (12 * 8 * (4 + 32), 32 * 4 * 9 + 32)
    #expect(first.bytes == 4 * (pixels + weights))
    #expect(first.attainable == min(100, 10 * first.intensity))
    let work: Double = first.share * first.attainable * first.seconds
    #expect(abs(work / Double(first.flops) - 1) < 1e-9)
  }

  @Test("operations grow with the batch, less with the prompt, and with the square for attention")
  func sizes() throws {
    let unet = try UNet2DConditionModel(Self.configuration, seed: 1)
    var measured = 0
    let study = SizeStudy(
      unet, sizes: [.side: [8, 16], .batch: [1, 3], .tokens: [77, 154]],
      generator: TorchGenerator(seed: 3)
    ) { measured += 1 }
    func flops(_ extent: SizeStudy.Extent, _ kind: LayerKind? = nil) -> [Int] {
      study.points.filter { $0.extent == extent }.map { point in
        kind.map { point.parts[$0]?.flops ?? 0 } ?? point.flops
      }
    }
    let (batch, tokens) = (flops(.batch), flops(.tokens))
    #expect(batch[0] == study.usual.flops && batch[1] == 3 * batch[0])
    #expect(tokens[0] == batch[0] && tokens[1] > tokens[0] && tokens[1] < 2 * tokens[0])
    let (convolution, attention) = (
      flops(.side, .convolution), flops(.side, .attentionProduct)
    )
    #expect(convolution[1] == 4 * convolution[0])
    #expect(attention[1] > 4 * attention[0] && attention[1] <= 16 * attention[0])
    for point in study.points where point.flops == study.usual.flops {
      #expect(abs(study.expectedSeconds(point) / study.usual.seconds - 1) < 1e-12)
    }
    #expect(study.points.allSatisfy { $0.seconds > 0 })
    // The usual size is computed once: 2 sides besides, 1 batch, 1 length.
    #expect(measured == 5)
  }

  @Test("the machine's measured ends are those of a computer") func machine() {
    let machine = Roofline.Machine.measured()
    #expect(1e9...1e14 ~= machine.peak)
    #expect(1e8...1e13 ~= machine.bandwidth)
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

  @Test("skip connections join what belongs together, and another pairing would not fit")
  func skipLinks() throws {
    let walk = try Self.walk().1
    let paths = walk.skipLinks.map { link in
      [link.from, link.to].map { walk.stops[$0].layer.record.path }
    }
    #expect(
      paths.map { $0[0] } == [
        "down_blocks.2.resnets.0", "down_blocks.1.downsamplers.0", "down_blocks.1.attentions.0",
        "down_blocks.0.downsamplers.0", "down_blocks.0.attentions.0", "conv_in",
      ])
    #expect(paths.first?[1] == "up_blocks.0.resnets.0")
    #expect(walk.skipMismatches == [0, 0, 0, 0, 0, 0])
    let turned = zip(walk.skips, walk.skipLinks.reversed()).map { skip, link in
      skip.shape[3] - walk.stops[link.from].layer.record.outputShape[3]
    }
    #expect(turned != walk.skipLinks.map { walk.stops[$0.to - 1].layer.record.outputShape[3] })
  }

  @Test("looks at a scene in closed form: the same noise, and as much of each as ᾱ_t says")
  func input() throws {
    let noise = TorchGenerator(seed: 1).normal([1, 3, 8, 8])
    let picture = Tensor([1, 3, 16, 24], repeating: 0.5)
    let level = NoiseLevel(t: 500, alphaCumprod: 0.36)
    let input = WalkInput(
      picture: picture, noise: noise, firstStage: .pixels(channels: 3), level: level)
    let expected = noise.scaled(by: 0.8, plus: 0.3)
    #expect(input.sample.maxAbsDifference(from: expected) < 1e-5)
    #expect(input.scene?.picture.shape == [1, 3, 8, 8])
    let other = noise.scaled(by: 0.6, plus: 0.4)
    #expect(input.sample.maxAbsDifference(from: other) > 0.1)
    #expect(WalkInput(noise: noise).sample.maxAbsDifference(from: noise) == 0)
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
      #expect(result.manifest.provenance == .untrained)
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
        try Self.expectDrawing(of: table, on: page)
      }
    }
  }

  /// The U has a box for each stop, as wide as its channels and as high as its image; the choice
  /// changes the colours, and a click on a box goes there.
  private static func expectDrawing(of table: CSVTable, on page: BrowserPage) throws {
    let stops = zip(try #require(table.texts("path")), try #require(table.texts("output_shape")))
      .filter { path, _ in
        ["conv_in", "conv_out"].contains(path)
          || path.hasSuffix("samplers.0")
          || path.split(separator: ".").dropLast().last.map {
            ["resnets", "attentions"].contains($0)
          }
            == true
      }.map { $0.1.split(separator: "×").compactMap { Double($0) } }
    let boxes: [[Double]] = try page.evaluate(
      "[...document.querySelectorAll('.u rect')].map(r => ['height', 'width'].map(n => +r.getAttribute(n)))"
    )
    #expect(boxes.count == stops.count && stops.count > 10)
    for (box, shape) in zip(boxes, stops) {
      #expect(abs(box[0] / boxes[0][0] - shape[1] / stops[0][1]) < 0.01)
      #expect(abs(box[1] / boxes[0][1] - shape[3] / stops[0][3]) < 0.01)
    }
    let colours =
      "[...document.querySelectorAll('.u rect')].map(r => getComputedStyle(r).fill).join()"
    let before: String = try page.evaluate(colours)
    try page.run("document.querySelector('.choice input[value=\"2\"]').click()")
    let after: String = try page.evaluate(colours)
    #expect(before != after)
    let legend: String = try page.evaluate("document.querySelector('.cost').innerText")
    #expect(legend.contains("parameters"))
    try page.click(".u rect:nth-of-type(3)")
    let marked: String = try page.evaluate(
      "document.querySelector('.u .current[data-stop]').dataset.stop")
    #expect(marked == "2")
  }

  @Test("without --model it walks through the bundled model, listening to a prompt")
  func shipped() throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let result = try UNetWalkCommand.run([
        "--output", folder.path, "--prompt", "a red boat on the sea by day",
      ])
      #expect(result.manifest.provenance == .trained)
      for residual in result.page.residuals { #expect(residual.holds) }
      #expect(result.manifest.inputs.contains { $0.path.hasSuffix("fixtures/images/scene.png") })
      #expect(FileManager.default.fileExists(atPath: folder.path + "/images/x_0.png"))
      let pure = try UNetWalkCommand.run(["--output", folder.path, "--pure-noise"])
      #expect(!pure.manifest.inputs.contains { $0.path.hasSuffix("scene.png") })
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/images/x_0.png"))
    }
  }

  static let mistakes: [BadInput] = [
    .usage("--t", "1000", mentions: "--t"),
    .usage("--architecture", "sd-v9", mentions: "storybook"),
    .usage("--pure-noise", "--image", "scene.png", mentions: "--pure-noise"),
    .usage("--architecture", "storybook", "--prompt", "a house", mentions: "--architecture"),
    .usage("--architecture", "storybook", "--model", "x", mentions: "--model"),
    .usage("--architecture", "storybook", "--variant", "fp16", mentions: "--variant"),
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
