import Tensors
import Testing

import Diffusion

@Suite("linear multistep coefficients") struct LMSSamplerTests {
  @Test("they integrate every polynomial through the nodes exactly", arguments: 1...4)
  func polynomials(order: Int) {
    let nodes = Array([3.0, 4.2, 6.1, 9.0].prefix(order))
    let end = 2.1
    let coefficients = LMSSampler.coefficients(nodes: nodes, to: end)
    func power(_ x: Double, _ n: Int) -> Double { (0..<n).reduce(1.0) { p, _ in p * x } }
    for degree in 0...4 {
      let sum = zip(coefficients, nodes).reduce(0) { $0 + $1.0 * power($1.1, degree) }
      let integral = (power(end, degree + 1) - power(3, degree + 1)) / Double(degree + 1)
      let isExact = abs(sum - integral) <= 1e-10
      #expect(isExact == (degree < order), "degree \(degree)")
    }
  }

  @Test("on even steps they are Adams–Bashforth's") func even() {
    let coefficients = LMSSampler.coefficients(nodes: [3, 4, 5, 6], to: 2)
    for (c, expected) in zip(coefficients, [55.0, -59, 37, -9]) {
      #expect(abs(-c * 24 - expected) <= 1e-12)
    }
  }

  @Test("begun in the middle, the tangents that are missing count as 0, as in diffusers")
  func middle() throws {
    var sampler = try LMSSampler(KnownProblem.schedule, steps: 20)
    let start = 3 * TorchGenerator(seed: 1).normal([4, 2])
    let step = sampler.step(
      8, from: start, predictor: KnownProblem.mixture, generator: TorchGenerator(seed: 1))
    let nodes = (0..<4).map { sampler.plan[8 - $0].from.sigma }
    let coefficient = LMSSampler.coefficients(nodes: nodes, to: sampler.plan[8].to.sigma)[0]
    let tangent = Tensor.combination(
      1 / nodes[0], start, -1 / nodes[0], step.evaluations[0].predictedOriginal)
    let expected = Tensor.combination(1, start, coefficient, tangent)
    #expect(step.next.maxAbsDifference(from: expected) <= 1e-5)
  }
}
