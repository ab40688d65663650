import Checkpoints
import Foundation
import GoldenSupport
import LatentDiffusion
import Networks
import Tensors
import TestSupport
import Testing

@Suite("W + s (α / r) B A") struct LoRAAdditionTests {
  private static let prompt = "a red boat on the sea at night"

  private static func shipped() throws -> LatentDiffusionModel {
    try LatentDiffusionModel(opening: Repository.path("fixtures/model"))
  }

  private static func file(_ name: String) -> String {
    Repository.path("fixtures/golden/lora/\(name)")
  }

  private func answers(_ model: LatentDiffusionModel) throws -> [String: Tensor] {
    let text = model.textEncoder([model.tokenizer.tokenize(Self.prompt).ids])
    let latent = TorchGenerator(seed: 3).normal([1, 4, 8, 8])
    var request = GenerationRequest(prompt: Self.prompt)
    (request.height, request.width, request.steps, request.guidanceScale) = (64, 64, 3, 3)
    (request.seed, request.sampler) = (5, .ddim)
    return [
      "text": text, "unet": try noise(model, latent, text),
      "latent": try #require(Array(Generation(request, with: model)).last).next,
    ]
  }

  private func noise(_ model: LatentDiffusionModel, _ latent: Tensor, _ text: Tensor) throws
    -> Tensor
  { model.unet(latent, timesteps: [500], context: text) }

  @Test(
    "the U-Net, the text vectors and the latents are those of diffusers with peft",
    arguments: [
      ("none", nil, 1), ("kohya", "kohya.safetensors", 1), ("opposite", "kohya.safetensors", -0.5),
      ("diffusers", "diffusers.safetensors", 1), ("early", "early.safetensors", 1),
      ("processors", "processors.bin", 1), ("peft", "peft", 1),
    ] as [(String, String?, Double)])
  func golden(name: String, file: String?, scale: Double) throws {
    let golden = try Golden.load("lora")
    let model = try Self.shipped()
    let choices = file.map { [LoRAChoice(Self.file($0), scale: scale)] } ?? []
    let effects = try LoRAAddition(choices, to: model).add()
    for effect in effects {
      #expect(effect.sideResidual < 1e-5 && effect.spectrumResidual < 1e-5)
      #expect(
        effect.relativeNorm > 0
          && effect.effectiveRank <= Double(effect.layer.mostDirections) + 1e-9)
    }
    for (kind, found) in try answers(model) {
      guard let expected = golden["\(name).\(kind)"] else { continue }
      let difference = found.maxAbsDifference(from: expected)
      #expect(difference <= 1e-4, "\(name).\(kind): \(difference)")
      if name != "none", let plain = golden["none.\(kind)"] {
        #expect(expected.maxAbsDifference(from: plain) > 1e-2)
      }
    }
  }

  @Test(
    "LoCon in Tucker's form, LoHa and LoKr change the U-Net as LyCORIS and peft have it",
    arguments: [
      ("locon", "locon.safetensors"), ("loha", "loha.safetensors"), ("lokr", "lokr.safetensors"),
      ("peft-loha", "peft-loha"), ("peft-lokr", "peft-lokr"),
    ])
  func relatives(name: String, file: String) throws {
    let golden = try Golden.load("lora-relatives")
    let model = try Self.shipped()
    let effects = try LoRAAddition([LoRAChoice(Self.file(file))], to: model).add()
    for effect in effects {
      #expect(effect.sideResidual < 1e-5 && effect.spectrumResidual < 1e-5)
      #expect(abs(effect.relativeNorm - 0.5) < 0.01)
      #expect(effect.singularValues.count == effect.layer.mostDirections)
    }
    for (kind, found) in try answers(model) {
      guard let expected = golden["\(name).\(kind)"], let plain = golden["none.\(kind)"] else {
        continue
      }
      let difference = found.maxAbsDifference(from: expected)
      #expect(difference <= 1e-4, "\(name).\(kind): \(difference)")
      #expect(expected.maxAbsDifference(from: plain) > 1e-2)
    }
  }

  @Test("several add up, what is taken away is gone, and a scale of 0 changes no bit")
  func sums() throws {
    let (model, untouched) = (try Self.shipped(), try Self.shipped())
    let kohya = Self.file("kohya.safetensors")
    let layer = "mid_block.attentions.0.proj_in.weight"
    func weight(_ model: LatentDiffusionModel) throws -> Tensor {
      try #require(model.unet.parameters.first { $0.name == layer }).value
    }
    let before = try weight(untouched)
    let none = try LoRAAddition([LoRAChoice(kohya, scale: 0)], to: model).add()
    #expect(try weight(model).elements == before.elements)
    for effect in none {
      #expect(effect.norm == 0 && effect.relativeNorm == 0 && effect.effectiveRank == 0)
    }
    let choices = [LoRAChoice(kohya, scale: 0.75), LoRAChoice(Self.file("early.safetensors"))]
    let effects = try LoRAAddition(choices, to: model).add()
    let both = effects.filter { $0.layer.parameterName == layer }
    #expect(both.count == 2)
    for effect in both { #expect(abs(effect.norm / effect.relativeNorm - before.norm) < 1e-3) }
    let sum = before + both[0].layer.change(scale: 0.75) + both[1].layer.change(scale: 1)
    #expect(try weight(model).maxAbsDifference(from: sum) < 1e-6)
    let whole = try #require(
      LoRASum.sums(of: effects).first { "\($0.module).weight" == layer })
    #expect(whole.count == 2 && whole.spectrumResidual < 1e-5)
    #expect(abs(whole.norm - (sum - before).norm) < 1e-5)
    #expect(abs(whole.relativeNorm * before.norm - whole.norm) < 1e-3)
    #expect(0 < whole.agreement && whole.agreement < 1)
    let opposite = effects.map { effect in
      LoRAEffect(
        layer: effect.layer, scale: -effect.scale, norm: effect.norm,
        weightNorm: effect.weightNorm, singularValues: effect.singularValues, sideResidual: 0)
    }
    for sum in LoRASum.sums(of: effects + opposite) {
      #expect(sum.agreement < 1e-6 && sum.effectiveRank == 0 && sum.spectrumResidual < 1e-5)
    }
    _ = try LoRAAddition(
      choices.map { LoRAChoice($0.path, scale: -$0.scale) }, to: model
    ).add()
    #expect(try weight(model).maxAbsDifference(from: before) < 1e-6)
  }

  @Test("another model's LoRA, and a scale beyond all numbers, change nothing")
  func refused() throws {
    let tiny = try Models.golden()
    let misfit = #expect(throws: LoRAError.self) {
      try LoRAAddition([LoRAChoice(Self.file("kohya.safetensors"))], to: tiny)
    }
    #expect(misfit?.description.contains("another model") == true)
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("large.safetensors").path
      try SafetensorsFile.write(
        [
          "unet.conv_in.lora_A.weight": Tensor([1, 4, 3, 3], repeating: 3e38),
          "unet.conv_in.lora_B.weight": Tensor([64, 1, 1, 1], repeating: 3e38),
        ], to: path)
      let model = try Self.shipped()
      let addition = try LoRAAddition([LoRAChoice(path)], to: model)
      #expect(throws: LoRAError.self) { try addition.add() }
      let isFinite = model.unet.parameters.allSatisfy(\.value.isFinite)
      #expect(isFinite)
    }
  }
}
