import CKernels
import Tensors

/// How numbers are stored in a checkpoint. The raw value is the name that safetensors uses.
///
/// Everything becomes Float32 when it is read, or multiplied (see `Weight`): exactly from F16 and
/// BF16, rounded to nearest from F64 and from integers beyond 2²⁴.
public enum ElementType: String, Sendable, CaseIterable {
  /// IEEE 754, 64 bits.
  case float64 = "F64"
  /// IEEE 754, 32 bits: what everything becomes.
  case float32 = "F32"
  /// IEEE 754, 16 bits: sign, five of exponent, ten of fraction.
  case float16 = "F16"
  /// Sixteen bits: the upper half of a float32.
  case bfloat16 = "BF16"
  /// Whole numbers of 64 bits, with a sign.
  case int64 = "I64"
  /// Whole numbers of 32 bits, with a sign.
  case int32 = "I32"
  /// Whole numbers of 16 bits, with a sign.
  case int16 = "I16"
  /// Whole numbers of 8 bits, with a sign.
  case int8 = "I8"
  /// Whole numbers of 64 bits, without a sign.
  case uint64 = "U64"
  /// Whole numbers of 32 bits, without a sign.
  case uint32 = "U32"
  /// Whole numbers of 16 bits, without a sign.
  case uint16 = "U16"
  /// Whole numbers of 8 bits, without a sign.
  case uint8 = "U8"
  /// One byte, 0 or 1.
  case bool = "BOOL"
  /// Eight bits: sign, four of exponent (bias 7), three of fraction; no infinities.
  case float8E4M3 = "F8_E4M3"
  /// Eight bits: sign, five of exponent (bias 15), two of fraction: the upper half of a float16.
  case float8E5M2 = "F8_E5M2"

  /// Whether it holds numbers with a fraction, as weights are.
  public var isFloatingPoint: Bool {
    switch self {
    case .float64, .float32, .float16, .bfloat16, .float8E4M3, .float8E5M2: true
    case .int64, .int32, .int16, .int8, .uint64, .uint32, .uint16, .uint8, .bool: false
    }
  }

  /// The format of 16 bits that a `Weight` keeps as it is; nil where there is none.
  var half: Weight.Half? {
    switch self {
    case .float16: .float16
    case .bfloat16: .bfloat16
    default: nil
    }
  }

  /// Bytes per element.
  public var byteCount: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .int8, .uint8, .bool, .float8E4M3, .float8E5M2: 1
    }
  }

  /// Converts `output.count` stored elements; `input` may lie at any byte.
  /// - Precondition: `input` holds `output.count · byteCount` bytes, little-endian.
  func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableBufferPointer<Float>) {
    precondition(
      input.count == output.count * byteCount, "\(input.count) bytes for \(output.count) \(self)")
    guard let source = input.baseAddress, let target = output.baseAddress else { return }
    nonisolated(unsafe) let (from, to) = (source, target)
    Threads.split(output.count, grain: 1 << 18) { range in
      decode(from + range.lowerBound * byteCount, to + range.lowerBound, range.count)
    }
  }

  private func decode(_ from: UnsafeRawPointer, _ to: UnsafeMutablePointer<Float>, _ count: Int) {
    switch self {
    case .float64: ck_double_to_float(from, to, count)
    case .float32: UnsafeMutableRawPointer(to).copyMemory(from: from, byteCount: count * 4)
    case .float16: ck_half_to_float(from, to, count)
    case .bfloat16: ck_bfloat16_to_float(from, to, count)
    case .int64: integers(Int64.self, from, to, count)
    case .int32: integers(Int32.self, from, to, count)
    case .int16: integers(Int16.self, from, to, count)
    case .int8: integers(Int8.self, from, to, count)
    case .uint64: integers(UInt64.self, from, to, count)
    case .uint32: integers(UInt32.self, from, to, count)
    case .uint16: integers(UInt16.self, from, to, count)
    case .uint8: integers(UInt8.self, from, to, count)
    case .bool:
      for i in 0..<count { to[i] = from.load(fromByteOffset: i, as: UInt8.self) == 0 ? 0 : 1 }
    case .float8E4M3: lookUp(Self.valuesOfE4M3, from, to, count)
    case .float8E5M2: lookUp(Self.valuesOfE5M2, from, to, count)
    }
  }

  private func lookUp(
    _ values: [Float], _ from: UnsafeRawPointer, _ to: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    for i in 0..<count { to[i] = values[Int(from.load(fromByteOffset: i, as: UInt8.self))] }
  }

  /// Source: OCP 8-bit Floating Point Specification (OFP8), revision 1.0, §5.
  private static let valuesOfE4M3 = (0...255).map { code -> Float in
    let (exponent, fraction) = (code >> 3 & 15, Float(code & 7))
    let sign: Float = code < 128 ? 1 : -1
    if exponent == 15, fraction == 7 { return .nan }
    guard exponent > 0 else { return sign * fraction * 0x1p-9 }
    return sign * Float(sign: .plus, exponent: exponent - 7, significand: 1 + fraction / 8)
  }

  private static let valuesOfE5M2 = (0...255).map { code -> Float in
    let (exponent, fraction) = (code >> 2 & 31, Float(code & 3))
    let sign: Float = code < 128 ? 1 : -1
    if exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
    guard exponent > 0 else { return sign * fraction * 0x1p-16 }
    return sign * Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 4)
  }

  private func integers<I: FixedWidthInteger & BitwiseCopyable>(
    _ type: I.Type, _ from: UnsafeRawPointer, _ to: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    for i in 0..<count {
      to[i] = Float(from.loadUnaligned(fromByteOffset: i * MemoryLayout<I>.size, as: I.self))
    }
  }
}
