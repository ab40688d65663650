import Diagnostics
import Diffusion
import LatentDiffusion
import Tensors
import Testing

@Suite("what can be asked for") struct GenerationRequestTests {
  @Test("the size is the model's own unless it is asked for or a picture has one")
  func size() throws {
    let model = try Models.golden()
    func size(_ change: (inout GenerationRequest) -> Void) throws -> [Int] {
      let generation = try Generation(Models.request(change), with: model)
      return [generation.height, generation.width]
    }
    #expect(try size { _ in } == [48, 48])
    #expect(try size { $0.width = 80 } == [48, 80])
    #expect(try size { $0.initialImage = .zeros([1, 3, 16, 24]) } == [16, 24])
  }

  @Test(
    "what cannot be done is told in one line with its option",
    arguments: [
      (
        GenerationError.size(parameter: "width", value: 50, factor: 8),
        "`width`: expected a multiple of 8, found 50; try 48 or 56"
      ),
      (.size(parameter: "height", value: 0, factor: 8), "found 0; try 8"),
      (.tooLarge(parameter: "width", value: 8000, limit: 4096), "at most 4096, found 8000"),
      (.maskWithoutImage, "`initialImage`"), (.strengthWithoutImage, "`initialImage`"),
      (.noSteps(strength: 0.1, steps: 4), "expected at least 0.25"),
      (
        .imageSize(parameter: "mask", expected: [48, 48], found: [48, 40]),
        "`mask`: expected a picture of 48×48, found 40×48"
      ),
      (.emptyMask, "`mask`: nothing to repaint"), (.needsMask(model: "m"), "`mask`"),
      (.guidanceScale(.nan), "`guidanceScale`"),
    ])
  func errors(_ error: GenerationError, line: String) {
    #expect(error.description.contains(line))
    #expect(!error.description.contains("\n"))
    #expect(error.exitStatus == .usage)
  }

  @Test("each is found")
  func refusals() throws {
    let model = try Models.golden()
    func refuse(
      _ expected: GenerationError, _ change: (inout GenerationRequest) -> Void
    ) throws {
      #expect(throws: expected) { try Generation(Models.request(change), with: model) }
    }
    try refuse(.size(parameter: "width", value: 50, factor: 8)) { $0.width = 50 }
    try refuse(.size(parameter: "height", value: -8, factor: 8)) { $0.height = -8 }
    try refuse(.tooLarge(parameter: "width", value: 8192, limit: 4096)) { $0.width = 8192 }
    try refuse(.guidanceScale(.infinity)) { $0.guidanceScale = .infinity }
    try refuse(.maskWithoutImage) { $0.mask = Models.mask }
    try refuse(.strengthWithoutImage) { $0.strength = 0.5 }
    try refuse(.noSteps(strength: 0.1, steps: 4)) {
      ($0.initialImage, $0.strength) = (Models.picture, 0.1)
    }
    try refuse(.imageSize(parameter: "initialImage", expected: [48, 64], found: [48, 48])) {
      ($0.initialImage, $0.width) = (Models.picture, 64)
    }
    try refuse(.imageSize(parameter: "mask", expected: [48, 48], found: [48, 40])) {
      ($0.initialImage, $0.mask) = (Models.picture, .ones([1, 1, 48, 40]))
    }
    try refuse(.emptyMask) {
      ($0.initialImage, $0.mask) = (Models.picture, .zeros([1, 1, 48, 48]))
    }
    let inpainting = try Models.inpainting()
    #expect(throws: GenerationError.needsMask(model: inpainting.origin)) {
      try Generation(Models.request(), with: inpainting)
    }
    #expect(throws: GenerationError.needsMask(model: inpainting.origin)) {
      try Generation(Models.request { $0.initialImage = Models.picture }, with: inpainting)
    }
  }

  @Test("a strength that is no share, and too many steps, are the sampler's to refuse")
  func samplerRefusals() throws {
    let model = try Models.golden()
    for strength in [-0.1, 1.5, .nan] {
      #expect(throws: SamplerError.self) {
        try Generation(
          Models.request { ($0.initialImage, $0.strength) = (Models.picture, strength) },
          with: model)
      }
    }
    #expect(throws: SamplerError.self) {
      try Generation(Models.request { $0.steps = 1001 }, with: model)
    }
  }

  @Test("a strength of 0.8 unless told, and 1 with a mask")
  func strength() throws {
    let model = try Models.golden()
    let changed = try Generation(
      Models.request { ($0.initialImage, $0.steps) = (Models.picture, 10) }, with: model)
    #expect(changed.stepCount == 8)
    let repainted = try Generation(
      Models.request {
        ($0.initialImage, $0.mask, $0.steps) = (Models.picture, Models.mask, 10)
      }, with: model)
    #expect(repainted.stepCount == 10)
  }
}
