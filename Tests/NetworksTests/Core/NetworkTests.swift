import Checkpoints
import Networks
import Tensors
import TestSupport
import Testing

@Suite("Network") struct NetworkTests {
  @Test("saved and opened again, a network computes the same")
  func roundTrip() throws {
    let model = try smallUNet()
    let output = smallPass(model)
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("weights.safetensors").path
      try SafetensorsFile.write(NetworkWeights(model), to: path)
      let copy = try UNet2DConditionModel(model.configuration, weights: SafetensorsFile(path))
      #expect(smallPass(copy).elements == output.elements)
    }
  }

  @Test("saved as float16, a network computes the same up to rounding, and not exactly the same")
  func half() throws {
    let model = try smallUNet()
    let output = smallPass(model)
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("weights.safetensors").path
      try SafetensorsFile.write(NetworkWeights(model), as: .float16, to: path)
      let copy = try UNet2DConditionModel(model.configuration, weights: SafetensorsFile(path))
      let error = smallPass(copy).maxAbsDifference(from: output) / output.maxAbs
      #expect(error > 0 && error < 0.01)
    }
  }

  @Test("a changed parameter changes what is computed")
  func parameters() throws {
    let model = try smallUNet()
    let output = smallPass(model)
    for parameter in model.parameters {
      let before = parameter.value
      parameter.value = before + TorchGenerator(seed: 9).normal(before.shape)
      #expect(
        smallPass(model).maxAbsDifference(from: output) > 1e-6, "\(parameter.name) is not used")
      parameter.value = before
    }
  }

  @Test("the count of values is the sum over the parameters")
  func count() throws {
    let model = try smallUNet()
    #expect(model.parameterCount == model.parameters.reduce(0) { $0 + $1.value.count })
  }
}
