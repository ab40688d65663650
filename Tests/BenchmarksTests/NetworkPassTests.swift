import Benchmarks
import Checkpoints
import LatentDiffusion
import Networks
import Tensors
import TestSupport
import Testing

@Suite("network-pass") struct NetworkPassTests {
  private static let folder = Repository.path("fixtures/golden/pipeline")

  private func input(of batch: Int = 1) -> WeightTable {
    let generator = TorchGenerator(seed: 3)
    return WeightTable([
      "sample": generator.normal([batch, 4, 6, 6]), "timesteps": Tensor([batch], repeating: 501),
      "context": generator.normal([batch, 7, 24]), "image": generator.normal([batch, 3, 16, 16]),
      "latent": generator.normal([batch, 4, 2, 2]), "ids": Tensor([1, 3], [0, 5, 2]),
    ])
  }

  private func results(_ part: String, _ input: WeightTable) throws -> [String: Tensor] {
    try NetworkPass(of: "\(Self.folder)/\(part)", on: input).compute(ForwardPass())
  }

  @Test("each network says of its input what it says in a model")
  func outputs() throws {
    let (model, input) = (try LatentDiffusionModel(opening: Self.folder), input())
    let unet = try results("unet", input)
    let predicted = try model.unet(
      input.tensor(named: "sample"), timesteps: [501], context: input.tensor(named: "context"))
    #expect(unet.mapValues(\.elements) == ["output": predicted.elements])
    let text = try results("text_encoder", input)
    #expect(text.mapValues(\.elements) == ["output": model.textEncoder([[0, 5, 2]]).elements])
    let vae = try results("vae", input)
    let autoencoder = try #require(model.firstStage.autoencoder)
    let moments = try autoencoder.encode(input.tensor(named: "image"), ForwardPass()).parameters
    let decoded = try autoencoder.decode(input.tensor(named: "latent"), ForwardPass())
    #expect(
      vae.mapValues(\.elements)
        == ["moments": moments.elements, "decoded": decoded.elements])
  }

  @Test("an autoencoder does one half where the input is of one half, and needs one of them")
  func halves() throws {
    let latent = TorchGenerator(seed: 3).normal([1, 4, 2, 2])
    #expect(try Set(results("vae", WeightTable(["latent": latent])).keys) == ["decoded"])
    let image = WeightTable(["image": TorchGenerator(seed: 3).normal([1, 3, 16, 16])])
    #expect(try Set(results("vae", image).keys) == ["moments"])
    #expect(throws: CheckpointError.self) {
      try results("vae", WeightTable(["picture": latent]))
    }
  }

  private static func nan(_ shape: [Int]) -> Tensor { Tensor(shape, repeating: .nan) }

  static let misfits: [(part: String, name: String, tensor: Tensor)] = [
    ("unet", "context", .zeros([2, 7, 24])), ("unet", "context", .zeros([1, 7, 25])),
    ("unet", "context", .zeros([7, 24])), ("unet", "sample", .zeros([1, 3, 6, 6])),
    ("unet", "timesteps", .zeros([2])), ("vae", "image", .zeros([1, 4, 16, 16])),
    ("vae", "image", .zeros([1, 3, 1, 16])), ("vae", "latent", .zeros([1, 4, 2])),
    ("text_encoder", "ids", Tensor([1, 1], [.nan])),
    ("text_encoder", "ids", Tensor([1, 1], [1e6])),
    ("text_encoder", "ids", Tensor([1, 2], [0, 1.5])),
    ("unet", "timesteps", Tensor([1], [.nan])), ("unet", "sample", nan([1, 4, 6, 6])),
    ("unet", "context", nan([1, 7, 24])), ("vae", "image", nan([1, 3, 16, 16])),
    ("vae", "latent", nan([1, 4, 2, 2])),
    ("text_encoder", "ids", .zeros([1, 78])), ("text_encoder", "ids", .zeros([1, 0])),
  ]

  @Test("what does not fit a network is told by its name", arguments: misfits)
  func misfit(part: String, name: String, tensor: Tensor) throws {
    var tensors = try Dictionary(
      uniqueKeysWithValues: input().names.map { ($0, try input().tensor(named: $0)) })
    tensors[name] = tensor
    let error = try #require(throws: CheckpointError.self) {
      try results(part, WeightTable(tensors))
    }
    #expect(error.description.contains("tensor '\(name)': expected"), "\(error)")
  }

  @Test("an output that cannot be written is refused before the folder is looked at")
  func unwritable() throws {
    let outcome = try Executable("network-pass").run(["nowhere", "nothing", "/proc/nothing/out"])
    #expect(outcome.status == 73 && outcome.output == "", "\(outcome)")
    #expect(outcome.errors.contains("/proc/nothing/out: cannot be written"))
  }

  @Test("an output that would replace the input is refused")
  func sameFile() throws {
    try withTemporaryFolder { folder in
      let input = folder.path + "/x.safetensors"
      try SafetensorsFile.write(["ids": .zeros([1, 2])], to: input)
      let outcome = try Executable("network-pass").run(
        [Self.folder + "/text_encoder", input, folder.path + "/./x.safetensors"])
      #expect(outcome.status == 64 && outcome.output == "", "\(outcome)")
      #expect(outcome.errors.contains("expected another file than the input"))
      #expect(try SafetensorsFile(input).names == ["ids"])
    }
  }

  @Test("two samples cost twice the operations of one, in the same layers")
  func costs() throws {
    let (one, two) = try (
      NetworkPass(of: "\(Self.folder)/unet", on: input()).costs(.float32),
      NetworkPass(of: "\(Self.folder)/unet", on: input(of: 2)).costs(.float32)
    )
    #expect(one.map(\.kind) == one.map(\.kind).sorted() && one.map(\.kind) == two.map(\.kind))
    #expect(one.map(\.layers) == two.map(\.layers))
    #expect(one.map { 2 * $0.flops } == two.map(\.flops))
    #expect(one.contains { $0.flops > 0 } && one.allSatisfy { $0.seconds >= 0 })
  }
}
