import Checkpoints
import Commands
import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing
import Tour

/// Weights of finite numbers, so large that what a network makes of them is not finite.
@Suite("A network that overflows") struct OverflowTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let network: String
    let role: String
    /// With `.` for the model's folder.
    let command: [String]

    var testDescription: String { "\(network): \(command.joined(separator: " "))" }
  }

  private static let scene = Repository.path("fixtures/images/odd/rgb-16-bit.png")

  static let cases: [Case] =
    [
      ["text-to-image", "--model", ".", "--steps", "2"],
      ["attention-maps", "--model", ".", "--steps", "2", "--self-attention"],
      ["attention-edits", "--model", ".", "--steps", "2", "--ablate", "boat"],
      ["attention-maps", "--model", ".", "--image", scene, "--timesteps", "5"],
      ["model-report", "--model", ".", "--ablation", "1", "--steps", "2"],
      ["reverse-step", "--model", ".", "--predictor", "model", "--image", scene],
      ["model-report", "--model", ".", "--part", "captions", "--count", "2", "--steps", "2"],
      ["model-report", "--model", ".", "--part", "pointing", "--count", "2"],
      ["unet-walk", "--model", "."],
      ["sampler-comparison", "--model", ".", "--steps-list", "2", "--reference-steps", "2"],
    ].map { Case(network: "unet", role: "the U-Net", command: $0) }
    + [
      ["text-to-image", "--model", ".", "--steps", "1"],
      ["attention-maps", "--model", ".", "--image", scene, "--timesteps", "5"],
      ["reverse-step", "--model", ".", "--predictor", "model", "--image", scene],
      ["model-report", "--model", ".", "--part", "pointing", "--count", "2"],
      ["vae-compression", "--factors", "1", "--models", "./vae", "--image", scene],
      [
        "train-diffusion", "--autoencoder", "./vae", "--size", "32", "--scenes", "2", "--steps",
        "1",
      ],
    ].map { Case(network: "vae", role: "the autoencoder", command: $0) }
    + [
      ["vae-compression", "--factors", "1", "--models", "./vqvae", "--image", scene]
    ].map { Case(network: "vqvae", role: "the autoencoder", command: $0) }
    + [
      ["text-to-image", "--model", ".", "--steps", "1"], ["text-encoding", "--model", "."],
      ["attention-maps", "--model", ".", "--steps", "1"],
      ["unet-walk", "--model", ".", "--prompt", "a boat"],
    ].map { Case(network: "text_encoder", role: "the text encoder", command: $0) }

  @Test("ends the run in one line with status 65 that names it", arguments: cases)
  func overflow(_ test: Case) throws {
    try withTemporaryFolder { folder in
      let model = folder.appendingPathComponent("model").path
      try FileManager.default.copyItem(
        atPath: Repository.path("fixtures/golden/pipeline"), toPath: model)
      try Self.enlarge(test.network, of: model)
      let command = try #require(Catalogue.command(named: test.command[0]))
      let output = folder.appendingPathComponent("out").path
      let arguments = test.command.dropFirst().map {
        $0.hasPrefix(".") ? model + $0.dropFirst() : $0
      }
      let error = #expect(throws: NotFiniteError.self) {
        try command.run(arguments + ["--output", output])
      }
      #expect(error?.exitStatus.rawValue == 65)
      // A text encoder's numbers may be finite still where the U-Net's are not.
      let place = error?.place ?? ""
      #expect(place.hasPrefix(test.role) || test.network == "text_encoder", "\(place)")
      #expect(!FileManager.default.fileExists(atPath: output))
    }
  }

  /// Moves every bias and every scale of a norm near to the largest number there is.
  private static func enlarge(_ network: String, of model: String) throws {
    let name = network == "text_encoder" ? "model" : "diffusion_pytorch_model"
    let path = "\(model)/\(network)/\(name).safetensors"
    let file = try SafetensorsFile(path)
    let tensors = try file.names.map { name in
      let tensor = try file.tensor(named: name)
      return (name, tensor.rank == 1 ? tensor.scaled(by: 1, plus: 3e37) : tensor)
    }
    try SafetensorsFile.write(Dictionary(uniqueKeysWithValues: tensors), to: path + ".new")
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: path + ".new", toPath: path)
  }
}
