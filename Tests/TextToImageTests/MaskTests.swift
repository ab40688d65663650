import Checkpoints
import Imaging
import TestSupport
import Tensors
import Testing

@Suite("masks of another size") struct MaskTests {
  @Test("are resized as diffusers' inpainting pipeline resizes them", arguments: ["13", "100"])
  func golden(name: String) throws {
    let golden = try SafetensorsFile(Repository.path("fixtures/golden/editing.safetensors"))
    let mask = try golden.tensor(named: "mask.\(name)")
    let wanted = try golden.tensor(named: "cut.\(name)").reshaped([1, 1, 48, 40])
    let from = mask.reshaped([1, 1] + mask.shape).scaled(by: 1 / 255)
    func cut(_ filter: ResamplingFilter) -> Tensor {
      from.resized(height: 48, width: 40, filter).map { $0 < 0.5 ? 0 : 1 }
    }
    #expect(cut(.lanczos).maxAbsDifference(from: wanted) == 0)
    #expect(cut(.area).maxAbsDifference(from: wanted) == 1)
  }
}
