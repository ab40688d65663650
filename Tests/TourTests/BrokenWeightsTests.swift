import Checkpoints
import Commands
import Diagnostics
import Foundation
import Networks
import TestSupport
import Testing
import Tour
import Training

/// A tiny Stable Diffusion, a codebook autoencoder, a checkpoint in one file, a classifier and the state
/// of a training run, in every type that weights are stored in, and whatever opens each of them.
private struct Zoo {
  struct Opening {
    let name: String
    let open: () throws -> Void
  }

  struct Exhibit {
    /// What the line must call it; nil where each part has its own name.
    let role: String?
    /// Whether the line may call a tensor what diffusers calls it, where the file has another name.
    var isRenamed = false
    let weights: BrokenWeights
    let openings: [Opening]
  }

  private(set) var exhibits: [Exhibit] = []
  let output: String

  init(in folder: URL) throws {
    output = folder.appendingPathComponent("out").path
    for type in ["F32", "F16", "BF16"] { try addModel(type, in: folder) }
    try addCheckpoint(in: folder)
    try addClassifier(in: folder)
    try addTrainingState(in: folder)
  }

  /// Commands that must refuse a file before any work.
  private func commands(_ lines: [[String]]) -> [Opening] {
    lines.map { line in
      Opening(name: line.joined(separator: " ")) {
        let command = try #require(Catalogue.command(named: line[0]))
        try command.run(Array(line.dropFirst()) + ["--output", output])
      }
    }
  }

  private static let scene = Repository.path("fixtures/images/scene.png")

  /// What opens a whole model, its U-Net and text encoder among it.
  static func whole(_ model: String) -> [[String]] {
    [
      ["text-to-image", "--model", model], ["attention-maps", "--model", model],
      ["attention-maps", "--model", model, "--image", scene],
      ["attention-edits", "--model", model],
      ["reverse-step", "--model", model, "--predictor", "model"],
      ["model-report", "--model", model, "--count", "2"],
      ["unet-walk", "--model", model, "--prompt", "a boat"],
    ]
  }

  /// What opens an autoencoder.
  static func autoencoder(_ path: String) -> [[String]] {
    [
      ["vae-compression", "--factors", "1", "--models", path],
      ["train-autoencoder", "--perceptual-weight", "0", "--from", path],
      ["train-diffusion", "--autoencoder", path],
    ]
  }

  private mutating func addModel(_ type: String, in folder: URL) throws {
    let files = FileManager.default
    let model = folder.appendingPathComponent(type).path
    try files.copyItem(atPath: Repository.path("fixtures/golden/pipeline"), toPath: model)
    let networks = [
      ("unet/diffusion_pytorch_model", "the U-Net", [["unet-walk", "--model", model]]),
      ("text_encoder/model", "the text encoder", [["text-encoding", "--model", model]]),
      ("vae/diffusion_pytorch_model", "the autoencoder", Self.autoencoder("\(model)/vae")),
      ("vqvae/diffusion_pytorch_model", "the autoencoder", Self.autoencoder("\(model)/vqvae")),
    ]
    for (file, role, lines) in networks {
      let path = "\(model)/\(file).safetensors"
      try Self.convert(path, to: type)
      let shared = file.hasPrefix("vqvae") ? [] : Self.whole(model)
      exhibits.append(
        Exhibit(
          role: role, weights: try BrokenWeights(safetensors: path),
          openings: commands(lines + shared)))
    }
  }

  private static func convert(_ path: String, to type: String) throws {
    let whole = path + ".float32"
    try SafetensorsFile.write(SafetensorsFile(path), to: whole)
    try FileManager.default.removeItem(atPath: path)
    switch type {
    case "BF16": try BrokenWeights.writeBFloat16(of: whole, to: path)
    case "F16": try SafetensorsFile.write(SafetensorsFile(whole), as: .float16, to: path)
    default: try FileManager.default.copyItem(atPath: whole, toPath: path)
    }
    try FileManager.default.removeItem(atPath: whole)
  }

  /// CompVis's own format, which is a pickle in an archive.
  private mutating func addCheckpoint(in folder: URL) throws {
    let place = folder.appendingPathComponent("compvis")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    let model = place.appendingPathComponent("sd.ckpt").path
    try FileManager.default.copyItem(
      atPath: Repository.path("fixtures/golden/compvis/sd.ckpt"), toPath: model)
    try FileManager.default.copyItem(
      atPath: Repository.path("fixtures/golden/pipeline/tokenizer"),
      toPath: place.appendingPathComponent("tokenizer").path)
    let parts = try ModelFiles.open(model)
    let file = try WeightFile.open(model)
    for (prefix, part, role) in [
      ("model.diffusion_model.", parts.unet, "the U-Net"),
      ("first_stage_model.", parts.autoencoder, "the autoencoder"),
      ("cond_stage_model.", parts.textEncoder, "the text encoder"),
    ] where part != nil {
      let tensors = try file.names.filter { $0.hasPrefix(prefix) }.map {
        (name: $0, elements: try file.tensor(named: $0).elements)
      }
      exhibits.append(
        Exhibit(
          role: role, isRenamed: true, weights: try BrokenWeights(model, tensors: tensors),
          openings: commands(Self.whole(model))))
    }
  }

  private mutating func addClassifier(in folder: URL) throws {
    let place = folder.appendingPathComponent("classifier").path
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    var configuration = SceneClassifierConfiguration()
    (configuration.stageChannels, configuration.normGroups) = ([4, 8], 2)
    let network = try SceneClassifier(configuration, seed: 1)
    try Data(configuration.json.serialized.utf8).write(
      to: URL(fileURLWithPath: place + "/config.json"))
    let path = place + "/model.safetensors"
    try SafetensorsFile.write(NetworkWeights(network), to: path)
    exhibits.append(
      Exhibit(
        role: "the classifier", weights: try BrokenWeights(safetensors: path),
        openings: [Opening(name: "SceneClassifier") { _ = try SceneClassifier(folder: place) }]))
  }

  /// Parameters, optimiser and average, as every training command keeps them.
  private mutating func addTrainingState(in folder: URL) throws {
    let path = folder.appendingPathComponent("run.state").path
    let network = try SceneClassifier(SceneClassifierConfiguration(), seed: 1)
    let parts: [String: any TrainingPart] = [
      "model": SavedParameters(network.parameters), "optimiser": AdamW(network.parameters),
      "average": ParameterAverage(network.parameters, decay: 0.99),
    ]
    let trace = TrainingTrace(columns: ["loss"])
    try TrainingState(trace: trace, settings: [:]).write(parts, to: path)
    let weights = try BrokenWeights(safetensors: path)
    exhibits.append(
      Exhibit(
        role: nil, weights: weights,
        openings: [
          Opening(name: "--resume") {
            _ = try TrainingState(reading: path, into: parts, columns: ["loss"], settings: [:])
          }
        ]))
  }
}

@Suite("A weight that is NaN or infinite") struct BrokenWeightsTests {
  /// How many weights are broken, one at a time; a whole run of 10,000 takes minutes.
  private static let wanted = ProcessInfo.processInfo.environment["INSPECTOR_BROKEN_WEIGHTS"]
    .flatMap { Int($0) }

  @Test("ends whatever opens it in one line with status 65 that names network and tensor")
  func everyTensor() throws {
    try withTemporaryFolder { folder in
      let zoo = try Zoo(in: folder)
      var generator = SeededGenerator(seed: 9)
      var (done, refused, seconds) = (0, [String: Int](), [String: Double]())
      let all = zoo.exhibits.indices.flatMap { i in
        zoo.exhibits[i].weights.places.map { (exhibit: zoo.exhibits[i], place: $0) }
      }
      let wanted = Self.wanted ?? 120
      #expect(all.count > 1000)
      while done < wanted {
        for (exhibit, place) in all.shuffled(using: &generator) where done < wanted {
          let opening = try #require(exhibit.openings.randomElement(using: &generator))
          let value = Int.random(in: 0..<BrokenWeights.values.count, using: &generator)
          let element = Int.random(in: 0..<Int.max, using: &generator)
          let start = ContinuousClock.now
          let problem = try exhibit.weights.broken(place, element: element, value: value) {
            Self.problem(of: opening, exhibit, place.tensor)
          }
          #expect(
            problem == nil,
            "\(exhibit.weights.path), \(place.tensor), \(opening.name): \(problem ?? "")")
          #expect(!FileManager.default.fileExists(atPath: zoo.output))
          let name = String(opening.name.prefix { $0 != " " })
          refused[name, default: 0] += 1
          seconds[name, default: 0] += (ContinuousClock.now - start) / .seconds(1)
          done += 1
        }
      }
      if Self.wanted != nil { print("\(done) weights broken; refused by \(refused) in \(seconds)") }
    }
  }

  /// What is wrong with the answer to one broken weight; nil when all is well.
  private static func problem(
    of opening: Zoo.Opening, _ exhibit: Zoo.Exhibit, _ tensor: String
  ) -> String? {
    do {
      try opening.open()
      return "nothing is said"
    } catch let error as CheckpointError {
      guard case .notFinite(_, let network, let name) = error, error.exitStatus == .badData else {
        return "\(error)"
      }
      let line = error.description
      let isSame = tensor.hasSuffix(name) || name.hasSuffix(tensor) || exhibit.isRenamed
      let isNamed = line.contains(exhibit.role ?? network) && line.contains(name)
      return isSame && isNamed && !line.contains("\n") ? nil : line
    } catch { return "\(error)" }
  }

  /// What a person sees, where the file is their own.
  static let own: [(command: String, network: String, arguments: [String])] = [
    ("text-to-image", "unet", ["--model", "."]), ("attention-maps", "vae", ["--model", "."]),
    ("text-encoding", "text_encoder", ["--model", "."]), ("unet-walk", "unet", ["--model", "."]),
    ("reverse-step", "text_encoder", ["--predictor", "model", "--model", "."]),
    ("sampler-comparison", "unet", ["--model", "."]),
    ("model-report", "vae", ["--model", "."]), ("vae-compression", "vqvae", ["--models", "vqvae"]),
    ("train-autoencoder", "vae", ["--from", "vae"]),
    ("train-diffusion", "vqvae", ["--autoencoder", "vqvae"]),
    (
      "downsampling-study", "kl-f8", ["--budget", "1s", "--factor", "8", "--autoencoders", "."]
    ), ("network-pass", "unet", ["unet", "unet/diffusion_pytorch_model.safetensors", "out"]),
  ]

  @Test("is told by every command", arguments: own.indices)
  func everyCommand(index: Int) throws {
    let (command, network, arguments) = Self.own[index]
    try withTemporaryFolder { folder in
      let model = folder.appendingPathComponent("model")
      try FileManager.default.copyItem(
        atPath: Repository.path("fixtures/golden/pipeline"), toPath: model.path)
      try FileManager.default.copyItem(
        at: model.appendingPathComponent("vae"), to: model.appendingPathComponent("kl-f8"))
      let name = network == "text_encoder" ? "model" : "diffusion_pytorch_model"
      let weights = try BrokenWeights(
        safetensors: model.appendingPathComponent("\(network)/\(name).safetensors").path)
      let place = try #require(weights.places.randomElement())
      let output = command == "network-pass" ? [] : ["--output", "out"]
      let outcome = try weights.broken(place, element: 3, value: index % 4) {
        try Executable(command).run(arguments + output, in: model)
      }
      #expect(outcome.status == 65 && outcome.output == "", "\(outcome)")
      #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains(place.tensor), "\(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: model.appendingPathComponent("out").path))
    }
  }

  @Test(
    "and where the file came along with an installed command",
    arguments: [
      ("vae-compression", "classifiers/perceptual/model"),
      ("model-report", "classifiers/evaluator/model"),
      ("text-to-image", "model/unet/diffusion_pytorch_model"),
    ])
  func installed(command: String, file: String) throws {
    let files = FileManager.default
    try withTemporaryFolder { folder in
      let bin = folder.appendingPathComponent("bin")
      let share = folder.appendingPathComponent("share/diffusion-inspector/fixtures")
      let path = share.appendingPathComponent(file + ".safetensors")
      for folder in [bin, path.deletingLastPathComponent()] {
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
      }
      let executable = bin.appendingPathComponent(command).path
      try files.copyItem(atPath: Executable(command).path, toPath: executable)
      try Self.link(fixturesTo: share, without: file + ".safetensors")
      try files.copyItem(atPath: Repository.path("fixtures/\(file).safetensors"), toPath: path.path)
      let weights = try BrokenWeights(safetensors: path.path)
      let place = weights.places[weights.places.count / 2]
      let outcome = try weights.broken(place, element: 5, value: 0) {
        try Executable(at: executable).run(["--output", "out"], in: folder)
      }
      #expect(outcome.status == 65 && outcome.errors.contains(place.tensor), "\(outcome)")
      #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }
  }

  /// Links whatever lies in fixtures/, folder by folder down to one file, which is left out.
  private static func link(fixturesTo share: URL, without file: String) throws {
    var (source, target) = (URL(fileURLWithPath: Repository.path("fixtures")), share)
    for part in file.split(separator: "/").map(String.init) {
      for name in try FileManager.default.contentsOfDirectory(atPath: source.path)
      where name != part {
        try FileManager.default.createSymbolicLink(
          at: target.appendingPathComponent(name),
          withDestinationURL: source.appendingPathComponent(name))
      }
      (source, target) = (source.appendingPathComponent(part), target.appendingPathComponent(part))
    }
  }
}
