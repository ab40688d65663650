import Checkpoints
import TestSupport
import Tensors
import Testing

@Suite("What programs put around weights") struct WrappersTests {
  /// Opens a whole Stable Diffusion with its tensors under other names.
  private func open(_ rename: (String) -> String) throws -> ModelFiles {
    let whole = try WeightFile.open(Repository.path("fixtures/golden/compvis/sd.ckpt")).tensors()
    let tensors = Dictionary(uniqueKeysWithValues: whole.map { (rename($0), $1) })
    return try ModelFiles(compVis: WeightTable(tensors, origin: "m"), weights: .standard)
  }

  @Test(
    "is taken off", arguments: ["module.", "_orig_mod.", "model.", "ema.", "state_dict.module."])
  func prefixes(prefix: String) throws {
    let model = try open { prefix + $0 }
    #expect(model.textEncoder != nil)
    #expect(try model.unet?.weights.names == open { $0 }.unet?.weights.names)
  }

  @Test("is taken off where one network alone was compiled")
  func within() throws {
    let prefix = "model.diffusion_model."
    let model = try open { $0.replacing(prefix, with: prefix + "_orig_mod.") }
    #expect(try model.unet?.weights.names == open { $0 }.unet?.weights.names)
  }

  @Test("stays where it is not known to be any, or where two tensors would have one name")
  func strangers() {
    for rename in [{ "mine.\($0)" }, { $0 == "betas" ? "betas" : "ema.\($0)" }]
      as [(String) -> String]
    {
      let error = #expect(throws: CheckpointError.self) { try open(rename) }
      #expect(error?.description.contains("tensors of no known model") == true)
    }
    let tensors = ["a", "module.a"].map { ($0, Tensor([1], [0])) }
    #expect(throws: CheckpointError.self) {
      try ModelFiles(
        compVis: WeightTable(Dictionary(uniqueKeysWithValues: tensors)), weights: .standard)
    }
  }

  @Test("is named where there are two of it")
  func several() {
    let error = #expect(throws: CheckpointError.self) {
      try open { ($0.contains("diffusion") ? "ema." : "model.") + $0.replacing("stage", with: "s") }
    }
    let line = error?.description ?? ""
    #expect(line.contains("\"ema\" (") && line.contains("\"model\" ("), "\(line)")
  }
}
