import Foundation
import Imaging
import JSON
import Tensors
import Testing
import TestSupport

@Suite("Fréchet distance") struct FeatureStatisticsTests {
  private func features(_ seed: UInt64, _ count: Int, _ width: Int) -> Tensor {
    TorchGenerator(seed: seed).normal([count, width])
  }

  @Test("a set has no distance from itself, nor from itself in another order")
  func itself() {
    let set = features(1, 50, 9)
    let reversed = Tensor.concatenated((0..<50).reversed().map { set.rows($0..<$0 + 1) }, along: 0)
    let statistics = FeatureStatistics(set)
    #expect(statistics.frechetDistance(to: statistics) < 1e-9)
    #expect(statistics.frechetDistance(to: FeatureStatistics(reversed)) < 1e-9)
  }

  @Test("a shift by v adds ‖v‖²; a scaling by s adds (s − 1)² tr C")
  func closedForms() {
    let set = features(2, 60, 5)
    let statistics = FeatureStatistics(set)
    let shifted = FeatureStatistics(set.scaled(by: 1, plus: 0.5))
    #expect(abs(statistics.frechetDistance(to: shifted) - 5 * 0.25) < 1e-5)
    let centred = FeatureStatistics(
      Tensor.addingVectors(
        set.reshaped([1, 60, 5]), Tensor([1, 5], statistics.mean.map { -Float($0) })
      ).reshaped([60, 5]))
    let trace = (0..<5).reduce(0) { $0 + statistics.covariance[$1 * 6] }
    let scaled = FeatureStatistics(
      Tensor.addingVectors(
        set.reshaped([1, 60, 5]), Tensor([1, 5], statistics.mean.map { -Float($0) })
      ).reshaped([60, 5]).scaled(by: 3))
    #expect(abs(centred.frechetDistance(to: scaled) - 4 * trace) < 1e-4 * trace)
  }

  @Test("the distance of NumPy and SciPy, also where a covariance is singular")
  func golden() throws {
    let golden = try JSONNode(contentsOf: Repository.path("fixtures/golden/frechet.json"))
    for node in try golden["cases"].elements() {
      func statistics(_ key: String) throws -> FeatureStatistics {
        let rows = try node[key].elements().map { try $0.numbers().map { Float($0) } }
        return FeatureStatistics(Tensor([rows.count, rows[0].count], rows.flatMap { $0 }))
      }
      let distance = try statistics("first").frechetDistance(to: statistics("second"))
      let expected = try node["distance"].number()
      #expect(abs(distance - expected) < 1e-5 * max(expected, 1), "\(distance) \(expected)")
    }
  }
}
