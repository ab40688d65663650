import Commands
import Foundation
import Records
import TestSupport
import Testing
import Tour

/// What a manifest must say of a run.
enum ManifestTruth {
  /// Options that are nothing where they are left out; all others are settled.
  private static let optional: [String: Set<String>] = [
    "text-to-image": [
      "init-image", "mask", "strength", "image-guidance-scale", "sigmas", "spacing", "eta",
      "preview",
    ],
    "attention-maps": [
      "image", "layers", "heads", "timesteps", "resolution", "architecture",
      // A picture that is looked at is not drawn.
      "steps", "sampler", "guidance-scale", "sigmas", "spacing", "eta",
    ],
    // What does nothing to one of the samplers is not taken for all.
    "sampler-comparison": ["sigmas", "spacing", "eta"],
    "guidance-sweep": ["evaluate", "sigmas", "spacing", "eta"],
    "attention-edits": [
      "layers", "heads", "timesteps", "resolution", "sigmas", "spacing", "eta",
    ],
    "model-report": ["pointing", "ablation", "layers", "heads", "timesteps", "resolution"],
    "reverse-step": ["model", "prompt", "steps", "t"],
    "vae-compression": ["second", "tile", "images"],
    "variational-bound": ["evaluate", "image", "model", "steps"],
    "unet-walk": ["architecture", "model", "prompt", "image"],
    "text-encoding": ["vocabulary", "model"],
    "train-autoencoder": ["from", "kl-weight", "commitment", "images", "image-share"],
    // A class has no captions to leave out.
    "train-diffusion": [
      "autoencoder", "from", "unconditional", "channels", "schedule", "prediction",
    ],
    "train-classifier": ["groups"], "checkpoint": ["against"],
    // Each way has its own model, strength and input.
    "conditioning": [
      "model", "guidance-scale", "kind", "image", "mask", "map", "noise-level", "evaluate",
    ],
    "downsampling-study": [
      "budget", "scenes", "count", "checkpoints", "steps", "seed", "autoencoders", "state",
      "traces",
    ],
  ]

  /// What is wrong with the settings and inputs of a manifest; empty when all is well.
  static func problems(of manifest: Manifest) throws -> [String] {
    var problems: [String] = []
    let options = try options(of: manifest.executable)
    for option in options.subtracting(manifest.settings.keys).sorted() {
      problems.append("--\(option) is not among the settings")
    }
    let mayBeNothing = optional[manifest.executable, default: []].union(["variant", "vae"])
    for (name, value) in manifest.settings where value == Manifest.Setting.none {
      if !mayBeNothing.contains(name) { problems.append("--\(name) is not settled") }
    }
    problems += try wrongDefaults(in: manifest)
    let text = manifest.inputs.map(\.path)
    for name in ["model", "image", "autoencoder", "init-image", "mask", "from", "traces", "models"]
    {
      for path in paths(manifest.settings[name]) where !isRead(path, text) {
        problems.append("--\(name) \(path) is not among the inputs")
      }
    }
    // A state is gone when its run is finished.
    for input in manifest.inputs where !input.path.hasSuffix(".state") {
      let digest = try SHA256.hexDigest(ofFile: absolute(input.path)).digest
      if digest != input.sha256 { problems.append("\(input.path) has another digest") }
    }
    return problems
  }

  /// Numbers that a run took where it was told nothing, and that its help states otherwise.
  private static func wrongDefaults(in manifest: Manifest) throws -> [String] {
    let help = try Executable(manifest.executable).run(["--help"]).output
    return ExecutablesTests.options(help).compactMap { line in
      guard let option = line.firstMatch(of: /^--([a-z0-9-]+) <.*\(default: ([0-9.e-]+)\)$/),
        let stated = Double(option.2), !manifest.arguments.contains("--\(option.1)")
      else { return nil }
      switch manifest.settings[String(option.1)] {
      case .whole(Int(stated)), .number(stated), .text(String(option.2)), nil,
        Manifest.Setting.none?:
        return nil
      case let taken?: return "--\(option.1) is \(taken), and the help says \(option.2)"
      }
    }
  }

  /// The long options that a command's help lists.
  private static func options(of command: String) throws -> Set<String> {
    let help = try Executable(command).run(["--help"]).output
    let names = help.matches(of: /(?m)^  --([a-z0-9-]+)/).map { String($0.1) }
    return Set(names).subtracting(["version", "help"])
  }

  private static func paths(_ setting: Manifest.Setting?) -> [String] {
    switch setting {
    case .text(let path): [path]
    case .list(let list): list.flatMap { paths($0) }
    default: []
    }
  }

  /// Whether the file, or weights below the folder, were read.
  private static func isRead(_ path: String, _ inputs: [String]) -> Bool {
    let below = inputs.filter { absolute($0).hasPrefix(absolute(path) + "/") }
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: absolute(path), isDirectory: &isFolder)
    return isThere && isFolder.boolValue
      ? below.contains { $0.hasSuffix(".safetensors") || $0.hasSuffix(".csv") }
      : inputs.contains { absolute($0) == absolute(path) }
  }

  private static func absolute(_ path: String) -> String {
    URL(fileURLWithPath: path, relativeTo: Repository.root).standardizedFileURL.path
  }
}

@Suite("What a manifest says of a run") struct ManifestTests {
  private static let model = Repository.path("fixtures/golden/pipeline")

  @Test(
    "holds every option as it was settled and every file that was read",
    arguments: [
      ["model-report", "--model", model, "--pointing", "2", "--ablation", "1", "--steps", "2"],
      ["text-to-image", "--model", model, "--steps", "1"],
      ["attention-maps", "--model", model, "--steps", "1"],
      ["reverse-step", "--model", model, "--predictor", "model", "--t", "5"],
      ["sampler-comparison", "--model", model, "--steps-list", "2", "--reference-steps", "2"],
      ["train-tokenizer", "--count", "9"], ["fixture-images"],
      ["train-classifier", "--steps", "1", "--batch", "2", "--held-out", "2"],
    ])
  func others(line: [String]) throws {
    try withTemporaryFolder { folder in
      let command = try #require(Catalogue.command(named: line[0]))
      let output = folder.appendingPathComponent("out").path
      let result = try command.run(line.dropFirst() + ["--output", output])
      #expect(try ManifestTruth.problems(of: result.manifest) == [])
    }
  }

  @Test("sampler, scale, steps, prompt and size of a default run are those of the model's folder")
  func defaults() throws {
    try withTemporaryFolder { folder in
      let command = try #require(Catalogue.command(named: "text-to-image"))
      let output = folder.appendingPathComponent("out").path
      let settings = try command.run(["--model", Self.model, "--output", output]).manifest.settings
      #expect(settings["guidance-scale"] == .number(7.5) && settings["steps"] == 50)
      #expect(settings["width"] == 48 && settings["height"] == 48 && settings["seed"] == 42)
      #expect(settings["sampler"] == "pndm" && settings["tensors"] == false)
      #expect(settings["prompt"] == .text(PromptOption.usual))
    }
  }
}
