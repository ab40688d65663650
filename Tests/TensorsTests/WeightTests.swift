import CKernels
import Tensors
import Testing

@Suite("weights of 16 bits") struct WeightTests {
  /// Numbers of 16 bits that begin at an odd address, and the same as Float32.
  struct Stored {
    let weight: Weight
    let widened: Tensor

    init(_ shape: [Int], _ format: Weight.Half, _ bits: [UInt16]) {
      let memory = Bytes(bits)
      weight = Weight(shape, format, borrowing: memory.halves, from: memory)
      widened = Tensor(
        shape,
        bits.map {
          format == .float16
            ? Float(Float16(bitPattern: $0)) : Float(bitPattern: UInt32($0) << 16)
        })
    }

    /// Normal numbers, and here and there zeros of either sign, subnormals and the largest.
    init(_ shape: [Int], _ format: Weight.Half, _ generator: TorchGenerator) {
      let numbers = generator.normal(shape).elements
      let seldom: [UInt16] = [0, 0x8000, 1, 0x83ff, 0x3c00, 0x7bff]
      self.init(
        shape, format,
        numbers.enumerated().map { index, number in
          guard index % 97 != 13 else { return seldom[index / 97 % seldom.count] }
          return format == .float16
            ? Float16(number).bitPattern : UInt16(number.bitPattern >> 16)
        })
    }
  }

  final class Bytes {
    private let memory: UnsafeMutableRawBufferPointer
    var halves: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[1...]) }

    init(_ bits: [UInt16]) {
      memory = .allocate(byteCount: 2 * bits.count + 1, alignment: 64)
      bits.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(rebasing: memory[1...]).copyMemory(from: $0)
      }
    }
    deinit { memory.deallocate() }
  }

  static let formats: [Weight.Half] = [.float16, .bfloat16]

  @Test("widen to the same numbers", arguments: formats) func widening(_ format: Weight.Half) {
    let stored = Stored([7, 31, 9], format, TorchGenerator(seed: 3))
    expectSame(stored.weight.tensor, stored.widened, "\(format)")
    expectSame(
      stored.weight.reshaped([31, 63]).tensor, stored.widened.reshaped([31, 63]), "\(format)")
    let table = stored.weight.reshaped([217, 9])
    expectSame(
      Tensor.rows([5, 216, 0, 5], of: table),
      Tensor.rows([5, 216, 0, 5], of: Weight(table.tensor)), "rows of \(format)")
  }

  @Test("every finite pattern passes through a product as its Float32", arguments: formats)
  func patterns(_ format: Weight.Half) {
    let bits = (0..<UInt16.max).map { bits in
      let exponent: UInt16 = format == .float16 ? 0x7c00 : 0x7f80
      return bits & exponent == exponent ? 0 : bits
    }
    let stored = Stored([4096, 16], format, bits + [0])
    let one = Tensor([16, 16], (0..<256).map { $0 % 17 == 0 ? 1 : 0 })
    forEachInstructionSet { isa in
      // 0 and −0 are equal here: a sum of zeros is 0.
      let same =
        Tensor.linear(one, stored.weight).elements == stored.widened.permuted([1, 0]).elements
      #expect(same, "\(format) \(isa)")
    }
  }

  @Test(
    "linear: bit for bit that of the widened weight",
    arguments: [
      (1, 1, 1), (3, 50, 37), (7, 100, 4), (8, 9, 31), (77, 40, 33), (130, 320, 64), (15, 401, 96),
      (2, 1280, 70), (300, 800, 70), (5, 7, 0), (0, 3, 4),
    ])
  func linear(rows: Int, inputs: Int, outputs: Int) {
    let generator = TorchGenerator(seed: 1)
    let (x, bias) = (generator.normal([rows, inputs]), generator.normal([outputs]))
    for format in Self.formats {
      let stored = Stored([outputs, inputs], format, generator)
      forEachInstructionSet { isa in
        expectSame(
          Tensor.linear(x, stored.weight, bias: bias),
          Tensor.linear(x, stored.widened, bias: bias),
          "\(rows)×\(inputs)→\(outputs) \(format) \(isa)")
      }
    }
  }

  @Test(
    "convolution: bit for bit that of the widened weight", arguments: ConvolutionTests.cases)
  func convolution(_ c: ConvolutionTests.Case) {
    let generator = TorchGenerator(seed: 11)
    let x = generator.normal([c.batch, c.height, c.width, c.inputs])
    let bias = generator.normal([c.outputs])
    for format in Self.formats {
      let stored = Stored([c.outputs, c.inputs, c.kernel, c.kernel], format, generator)
      forEachInstructionSet { isa in
        expectSame(
          Tensor.convolution2d(
            x, stored.weight, bias: bias, stride: c.stride, padding: c.padding),
          Tensor.convolution2d(
            x, stored.widened, bias: bias, stride: c.stride, padding: c.padding),
          "\(c.testDescription) \(format) \(isa)")
      }
    }
  }

  @Test("know whether they are finite", arguments: formats) func finite(_ format: Weight.Half) {
    var bits = [UInt16](repeating: 0x3c01, count: 300_000)
    #expect(Stored([300_000], format, bits).weight.isFinite)
    #expect(Stored([0], format, []).weight.isFinite)
    bits[299_999] = format == .float16 ? 0x7c00 : 0xff80
    #expect(!Stored([300_000], format, bits).weight.isFinite)
  }

  @Test("of any format know the largest number from infinity and NaN, wherever it lies")
  func largest() {
    let halves: [(Weight.Half, largest: [UInt16], beyond: [UInt16])] = [
      (.float16, [0x7bff, 0xfbff, 0x83ff], [0x7c00, 0xfc00, 0x7c01, 0xffff]),
      (.bfloat16, [0x7f7f, 0xff7f, 0x8001], [0x7f80, 0xff80, 0x7f81, 0xffff]),
    ]
    let most = Float.greatestFiniteMagnitude
    forEachInstructionSet { isa in
      for place in [0, 1, 31, 32, 63, 64, 70] {
        func holds(_ format: Weight.Half, _ number: UInt16) -> Bool {
          var bits = [UInt16](repeating: 0x3c01, count: 71)
          bits[place] = number
          return Stored([71], format, bits).weight.isFinite
        }
        for (format, largest, beyond) in halves {
          #expect(largest.allSatisfy { holds(format, $0) }, "\(format) \(place) \(isa)")
          #expect(!beyond.contains { holds(format, $0) }, "\(format) \(place) \(isa)")
        }
        for (number, isFinite) in [
          (most, true), (-most, true), (.infinity, false), (-.infinity, false), (.nan, false),
        ] {
          var numbers = [Float](repeating: 1, count: 71)
          numbers[place] = number
          #expect(Weight(Tensor([71], numbers)).isFinite == isFinite, "\(number) \(isa)")
        }
      }
    }
  }
}

/// Requires the same bits; NaN is none of them.
private func expectSame(
  _ a: Tensor, _ b: Tensor, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(a.shape == b.shape, "\(what)", sourceLocation: sourceLocation)
  let differing = zip(a.elements, b.elements).first { $0.bitPattern != $1.bitPattern }
  #expect(
    differing == nil, "\(what): \(String(describing: differing))", sourceLocation: sourceLocation)
}
