import JSON
import Networks
import Tensors
import Testing
import TestSupport

/// What PyTorch's autograd says of one case of `networks.py`, see `fixtures/golden/gradients.py`.
private struct GoldenGradients {
  private let values: [String: [Double]]
  /// A gradient that is 0 but for rounding, as a bias' before a normalisation, is compared with what
  /// it is the sum of.
  private let smallest: Double

  init(_ name: String) throws {
    let file = Repository.path("fixtures/golden/gradients.json")
    values = try JSONNode(contentsOf: file)[name].members().mapValues { try $0.numbers() }
    smallest = 1e-3 * (values.values.map { $0[0] }.max() ?? 0)
  }

  var names: Set<String> { Set(values.keys) }

  /// The largest difference of norm, of a random projection and of single elements, relative to the
  /// gradient's norm.
  func error(of gradient: Tensor, named name: String) throws -> Double {
    let expected = try #require(values[name], "\(name) has no gradient")
    let seed = "\(name)/gradient".utf8.reduce(0x811C_9DC5 as UInt32) {
      ($0 ^ UInt32($1)) &* 0x0100_0193
    }
    let direction = TorchGenerator(seed: UInt64(seed)).normal(gradient.shape)
    let found =
      [gradient.norm, gradient.dot(direction)] + gradient.elements.prefix(4).map { Double($0) }
    try #require(found.count == expected.count)
    return zip(found, expected).reduce(0) { max($0, abs($1.0 - $1.1)) } / max(expected[0], smallest)
  }
}

@Suite("Gradients through whole networks") struct GradientTapeTests {
  private static func noise(_ output: Tensor) -> Tensor {
    TorchGenerator(seed: 9).normal(output.shape)
  }

  private func check(
    _ name: String, _ parameters: [Parameter], _ inputs: [(String, Tensor)],
    _ run: (ForwardPass) throws -> [Tensor]
  ) throws {
    let golden = try GoldenGradients(name)
    let tape = GradientTape(training: parameters)
    for (_, x) in inputs { tape.watch(x) }
    let outputs = try run(ForwardPass(tape: tape))
    let gradients = tape.backward(from: outputs.map { ($0, Self.noise($0)) })
    var worst = (error: 0.0, name: "")
    func compare(_ gradient: Tensor?, _ name: String) throws {
      guard golden.names.contains(name) else {
        #expect(gradient == nil || gradient?.maxAbs == 0, "\(name)")
        return
      }
      let error = try golden.error(of: #require(gradient, "\(name)"), named: name)
      if error > worst.error { worst = (error, name) }
    }
    for parameter in parameters {
      // transformers 5 writes the text encoder's names without their common prefix.
      try compare(gradients[parameter], parameter.name.replacing("text_model.", with: ""))
    }
    for (name, x) in inputs { try compare(gradients[x], name) }
    #expect(worst.error <= 1e-4, "\(name): \(worst)")
    print("\(name): largest relative error \(worst)")
  }

  @Test(
    "the U-Net's agree with PyTorch's",
    arguments: ["unet-sd", "unet-inpainting", "unet-classes", "unet-odd-size"])
  func unet(name: String) throws {
    let golden = try GoldenNetwork(name)
    let model = try golden.network(UNet2DConditionModel.self)
    let (sample, context) = (try golden.tensor("sample"), try golden.tensor("context"))
    let timesteps = try golden.tensor("timesteps").elements
    try check(name, model.parameters, [("sample", sample), ("context", context)]) { pass in
      [
        model(
          sample, timesteps: timesteps, context: context,
          classLabels: model.configuration.classCount.map { _ in [0, 6, 3] }, pass)
      ]
    }
  }

  @Test("the text encoder's agree with PyTorch's", arguments: ["clip-quick-gelu", "clip-gelu"])
  func text(name: String) throws {
    let golden = try GoldenNetwork(name)
    let model = try golden.network(CLIPTextModel.self)
    let ids = try golden.tensor("ids")
    let width = ids.shape[1]
    let all = try golden.integers("ids")
    let rows = (0..<ids.shape[0]).map { Array(all[$0 * width..<($0 + 1) * width]) }
    try check(name, model.parameters, []) { [model(rows, $0)] }
  }

  @Test(
    "the KL autoencoder's agree with PyTorch's", arguments: ["kl-f2", "kl-f4", "kl-f8", "kl-f16"])
  func kl(name: String) throws {
    let golden = try GoldenNetwork(name)
    let model = try golden.network(AutoencoderKL.self)
    let (image, latent) = (try golden.tensor("image"), try golden.tensor("latent"))
    try check(name, model.parameters, [("image", image), ("latent", latent)]) { pass in
      [model.encode(image, pass).parameters, model.decode(latent, pass)]
    }
  }

  @Test("the VQ autoencoder's agree with PyTorch's", arguments: ["vq-f4", "vq-f8"])
  func vq(name: String) throws {
    let golden = try GoldenNetwork(name)
    let model = try golden.network(VQModel.self)
    let (image, latent) = (try golden.tensor("image"), try golden.tensor("latent").scaled(by: 1))
    try check(name, model.parameters, [("image", image), ("latent", latent)]) { pass in
      [model.encode(image, pass).parameters, model.decode(quantized: latent, pass)]
    }
  }

  @Test("a changed gradient is noticed")
  func changed() throws {
    let golden = try GoldenGradients("clip-gelu")
    let network = try GoldenNetwork("clip-gelu").network(CLIPTextModel.self)
    let name = try #require(network.parameters.last { $0.shape.count > 1 }).name
    let shape = try #require(network.parameters.first { $0.name == name }).shape
    let error = try golden.error(
      of: Tensor.ones(shape), named: name.replacing("text_model.", with: ""))
    #expect(error > 1e-2)
  }

  @Test("only some parameters: the same numbers, and the tape can be walked again")
  func only() throws {
    let model = try smallUNet()
    let tape = GradientTape(training: model.parameters)
    let output = smallPass(model, ForwardPass(tape: tape))
    let seed = [(output: output, gradient: Self.noise(output))]
    let last = try #require(model.parameters.first { $0.name == "conv_out.weight" })
    let some = tape.backward(from: seed, only: [last])
    let all = tape.backward(from: seed)
    let (a, b) = (try #require(some[last]), try #require(all[last]))
    #expect(a.elements == b.elements)
    let first = try #require(model.parameters.first { $0.name == "conv_in.weight" })
    #expect(some[first] == nil && all[first] != nil)
  }

  @Test("a constant network passes gradients on and has none")
  func frozen() throws {
    let model = try smallUNet()
    let tape = GradientTape(training: [])
    let x = TorchGenerator(seed: 3).normal([2, 4, 8, 6])
    tape.watch(x)
    let context = TorchGenerator(seed: 4).normal([2, 5, 6])
    let output = model(x, timesteps: [10, 700], context: context, ForwardPass(tape: tape))
    let gradients = tape.backward(from: [(output, Self.noise(output))])
    #expect(model.parameters.allSatisfy { gradients[$0] == nil })
    #expect(try #require(gradients[x]).maxAbs > 0)
  }
}
