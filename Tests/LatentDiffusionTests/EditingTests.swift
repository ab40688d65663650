import Checkpoints
import GoldenSupport
import LatentDiffusion
import Networks
import TestSupport
import Tensors
import Testing

@Suite("ε(∅, ∅) + s_I (ε(I, ∅) − ε(∅, ∅)) + s (ε(I, y) − ε(I, ∅))") struct EditingTests {
  /// The bundled model, its first convolution made to see a picture as fixtures/golden/editing.py does.
  private func model() throws -> LatentDiffusionModel {
    let model = try LatentDiffusionModel(opening: Repository.path("fixtures/model"))
    var configuration = model.unet.configuration
    configuration.inChannels = 8
    var table = Dictionary(
      uniqueKeysWithValues: model.unet.parameters.map { ($0.name, $0.value) })
    let first = try #require(table["conv_in.weight"])
    let reversed = (0..<4).reversed().map { first.slice($0..<$0 + 1, along: 1) }
    table["conv_in.weight"] = .concatenated(
      [first] + reversed.map { $0.scaled(by: 0.5) }, along: 1)
    return try LatentDiffusionModel(
      origin: "editing", tokenizer: model.tokenizer, textEncoder: model.textEncoder,
      unet: UNet2DConditionModel(configuration, weights: WeightTable(table)),
      firstStage: model.firstStage, scheduler: model.schedulerFile)
  }

  private func request(_ change: (inout GenerationRequest) -> Void) -> GenerationRequest {
    var request = GenerationRequest(prompt: "make it night")
    (request.steps, request.seed, request.sampler) = (3, 5, .ddim)
    request.initialImage = TorchGenerator(seed: 2).uniform([1, 3, 64, 64])
      .scaled(by: 2, plus: -1)
    change(&request)
    return request
  }

  @Test(
    "is what diffusers' InstructPix2Pix pipeline draws",
    arguments: [
      ("usual", 7.5, nil, ""), ("two", 3, 2, "a tree"), ("one", 3, 1, ""), ("unguided", 1, nil, ""),
    ] as [(String, Double, Double?, String)])
  func golden(name: String, scale: Double, own: Double?, negative: String) throws {
    let golden = try Golden.load("editing")
    let model = try model()
    #expect(model.isForEditing && !model.isForInpainting)
    for batching in [UNetPredictor.Batching.together, .apart] {
      let generation = try Generation(
        request {
          ($0.guidanceScale, $0.imageGuidanceScale, $0.negativePrompt) = (scale, own, negative)
        }, with: model, batching: batching)
      let found = try #require(Array(generation).last).next
      let difference = found.maxAbsDifference(from: try #require(golden[name]))
      #expect(difference <= 1e-4, "\(name): \(difference)")
    }
  }

  @Test("what does nothing there is refused, and so is a model of this kind without a picture")
  func refusals() throws {
    let model = try model()
    let mask = Tensor([1, 1, 64, 64], repeating: 1)
    for change in [{ $0.strength = 0.5 }, { $0.mask = mask }, { $0.initialImage = nil }]
      as [(inout GenerationRequest) -> Void]
    {
      #expect(throws: GenerationError.self) { try Generation(request(change), with: model) }
    }
    let usual = try Models.golden()
    #expect(
      throws: GenerationError.editing(
        parameter: "imageGuidanceScale", model: usual.origin, isForEditing: false)
    ) {
      try Generation(
        request { ($0.imageGuidanceScale, $0.initialImage) = (2, Models.picture) }, with: usual)
    }
    #expect(throws: GenerationError.needsPicture(model: "editing")) {
      try model.requireLatentAlone()
    }
  }

  @Test("outside the mask a picture is put back to the bit, and inside it is what it was")
  func pasteBack() throws {
    let model = try Models.golden()
    let plain = Models.request { ($0.initialImage, $0.mask) = (Models.picture, Models.mask) }
    var asked = plain
    asked.pastesBack = true
    let generation = try Generation(asked, with: model)
    let z = generation.start
    let (found, own) = (generation.decode(z), try Generation(plain, with: model).decode(z))
    #expect(generation.decode(each: [z])[0].maxAbsDifference(from: found) <= 1e-5)
    for (place, value) in found.elements.enumerated() {
      let isNew = place % 48 < 24
      #expect(value == (isNew ? own : Models.picture).elements[place])
    }
    #expect(throws: GenerationError.pasteWithoutMask) {
      try Generation(
        Models.request { ($0.initialImage, $0.pastesBack) = (Models.picture, true) }, with: model)
    }
  }
}
