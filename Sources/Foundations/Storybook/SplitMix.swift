/// A small stream of random numbers for drawing: the same on every machine, cheap to start anew for
/// every picture. Numbers that must be those of torch come from `TorchGenerator`.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
package struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// An independent stream for member `index` of a family.
  package init(seed: UInt64, index: UInt64) {
    var parent = SplitMix(seed: seed)
    var own = SplitMix(seed: parent.next() &+ index &* 0xD134_2543_DE82_EF95)
    state = own.next()
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mixed(state)
  }

  package static func mixed(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in a range; the upper end is never reached.
  package mutating func uniform(_ range: ClosedRange<Float>) -> Float {
    let unit = Float(next() >> 40) * 0x1p-24
    return range.lowerBound + (range.upperBound - range.lowerBound) * unit
  }

  /// Uniform in 0..<1, with 53 bits.
  package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform over 0..<count.
  package mutating func index(below count: Int) -> Int {
    Int(((next() >> 32) * UInt64(count)) >> 32)
  }

  package mutating func element<T>(of list: [T]) -> T { list[index(below: list.count)] }
}
