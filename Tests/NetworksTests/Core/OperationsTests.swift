import Networks
import Tensors
import Testing

@Suite("Operations") struct OperationsTests {
  private let pass = ForwardPass()
  private let generator = TorchGenerator(seed: 5)

  @Test("adding in place leaves every other holder's numbers alone")
  func addition() {
    let a = generator.normal([3, 4])
    let b = generator.normal([3, 4])
    let before = a.elements
    let sum = pass.add(a, b)
    #expect(a.elements == before)
    #expect(sum.elements == (a + b).elements)
    let view = a.rows(1..<2)
    #expect(pass.add(view, view).elements == (2 * view).elements)
    #expect(a.elements == before)
  }

  @Test("an embedding gives the rows asked for")
  func embedding() {
    let table = Parameter(name: "t", shape: [3, 2]) { Tensor([3, 2], [1, 2, 3, 4, 5, 6]) }
    let rows = pass.embedding([2, 0, 2], shape: [3, 1], table, at: "t")
    #expect(rows.shape == [3, 1, 2] && rows.elements == [5, 6, 1, 2, 5, 6])
  }

  @Test("cropping keeps the upper left corner")
  func cropped() {
    let x = Tensor([1, 2, 3, 1], [1, 2, 3, 4, 5, 6])
    #expect(pass.cropped(x, height: 1, width: 2).elements == [1, 2])
  }

  @Test("SiLU fused with normalisation is SiLU after it")
  func fusedSiLU() {
    let x = generator.normal([2, 3, 3, 8])
    let weight = Parameter(name: "w", shape: [8]) { TorchGenerator(seed: 1).normal([8]) }
    let bias = Parameter(name: "b", shape: [8]) { TorchGenerator(seed: 2).normal([8]) }
    func norm(silu: Bool) -> Tensor {
      pass.groupNorm(x, weight, bias, groups: 2, epsilon: 1e-5, thenSiLU: silu, at: "n")
    }
    let fused = norm(silu: true)
    #expect(fused.maxAbsDifference(from: Tensor.silu(norm(silu: false))) < 1e-6)
    #expect(fused.maxAbsDifference(from: norm(silu: false)) > 0.1)
  }

  @Test("vectors and residual are added to a convolution, fused or not")
  func convolutionSum() {
    let x = generator.normal([2, 5, 4, 3])
    let vectors = generator.normal([2, 6])
    let residual = generator.normal([2, 5, 4, 6])
    let weight = Parameter(name: "w", shape: [6, 3, 3, 3]) {
      TorchGenerator(seed: 1).normal([6, 3, 3, 3])
    }
    let bias = Parameter(name: "b", shape: [6]) { TorchGenerator(seed: 2).normal([6]) }
    func convolved(_ pass: ForwardPass, vectors: Tensor? = nil, residual: Tensor? = nil) -> Tensor {
      pass.convolution(
        x, weight, bias, stride: 1, padding: Padding(1), addingVectors: vectors, adding: residual,
        at: "c")
    }
    let expected = Tensor.addingVectors(convolved(pass), vectors) + residual
    let fused = convolved(pass, vectors: vectors, residual: residual)
    let probe = RecordingProbe(keeping: [ProbeSite("c")])
    let observed = convolved(ForwardPass(probe: probe), vectors: vectors, residual: residual)
    #expect(fused.maxAbsDifference(from: expected) < 1e-5)
    #expect(observed.maxAbsDifference(from: expected) < 1e-5)
    #expect(probe.values[ProbeSite("c")]?.elements == convolved(pass).elements)
  }
}
