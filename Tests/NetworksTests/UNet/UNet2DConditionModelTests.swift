import Networks
import Tensors
import Testing

@Suite("U-Net ε_θ(x_t, t, τ_θ(y))") struct UNet2DConditionModelTests {
  @Test(
    "agrees with diffusers",
    arguments: ["unet-sd", "unet-inpainting", "unet-classes", "unet-odd-size"])
  func golden(name: String) throws {
    let golden = try GoldenNetwork(name)
    let model = try golden.network(UNet2DConditionModel.self)
    let output = model(
      try golden.tensor("sample"), timesteps: try golden.tensor("timesteps").elements,
      context: try golden.tensor("context"),
      classLabels: model.configuration.classCount.map { _ in [0, 6, 3] })
    let error = try golden.error(output, "output")
    #expect(error <= 1e-5, "max |Δ| \(error)")
  }
}
