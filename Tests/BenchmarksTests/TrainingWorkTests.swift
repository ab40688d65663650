import Benchmarks
import Testing

@Suite("training-step") struct TrainingWorkTests {
  @Test("each network learns its numbers, and the same from the same seed")
  func learns() throws {
    for work in TrainingWork.allCases {
      let (step, again) = try (work.steps(batch: 1), work.steps(batch: 1))
      let losses = (0..<4).map { _ in step() }
      #expect(losses[3] < losses[0], "\(work): \(losses)")
      #expect([again(), again()] == Array(losses.prefix(2)), "\(work): \(losses)")
    }
  }
}
