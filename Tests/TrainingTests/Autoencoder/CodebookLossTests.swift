import Tensors
import Testing
import Training

@Suite("Codes and latents draw to each other") struct CodebookLossTests {
  private let latents = TorchGenerator(seed: 3).normal([2, 3, 3, 4])
  private let vectors = TorchGenerator(seed: 4).normal([2, 3, 3, 4])

  @Test("each side has the slope of its own term", arguments: [0.25, 1])
  func gradients(commitment: Double) {
    let loss = CodebookLoss(commitment: commitment)
    let (value, byLatents, byVectors) = loss(latents, vectors)
    let squared = latents.meanSquaredError(from: vectors)
    #expect(abs(value - (1 + commitment) * squared) < 1e-6)
    #expect(
      slopeError(at: latents, gradient: byLatents) {
        commitment * $0.meanSquaredError(from: vectors)
      } < 1e-3)
    #expect(
      slopeError(at: vectors, gradient: byVectors) { latents.meanSquaredError(from: $0) } < 1e-3)
  }

  @Test("the commitment counts")
  func wrongCommitment() {
    let byLatents = CodebookLoss(commitment: 0.3)(latents, vectors).latentGradient
    #expect(
      slopeError(at: latents, gradient: byLatents) {
        0.25 * $0.meanSquaredError(from: vectors)
      } > 1e-2)
  }
}
