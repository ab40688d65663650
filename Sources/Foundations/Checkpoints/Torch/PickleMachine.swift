import Diagnostics
import Foundation

/// Reads a pickle as far as tensors need it, and never runs anything.
///
/// A pickle is a program for a stack machine; two of its instructions name a Python function and
/// call it. This machine knows the instructions that PyTorch writes and the names in `TorchGlobal`.
/// Another instruction, another name or a call of anything else ends the reading with an error. With a
/// `survey` it goes on there: it notes what is asked for, and what would be made of it is inert.
///
/// Every instruction makes at most one value, and values are bounded in number, so time and memory
/// stay in proportion to the pickle whatever it refers to.
/// Source: CPython's Lib/pickletools.py.
struct PickleMachine {
  typealias Index = PickleValue.Index

  /// A checkpoint of Stable Diffusion v1 with its EMA and optimiser makes about 100,000.
  static let mostValues = 2_000_000
  static let mostInstructions = 16_000_000
  private static let highestProtocol = 5

  let file: String
  private let bytes: UnsafeRawBufferPointer
  /// The byte behind the last instruction that was read.
  private(set) var position: Int
  private(set) var values: [PickleValue] = [.none, .bool(false), .bool(true), .tuple([])]
  private var stack: [Index] = []
  private var marks: [Int] = []
  private var memo: [Int: Index] = [:]
  /// What the pickle asks for, where that is to be known; nil where unknown names are refused.
  private(set) var survey: PickleSurvey?

  /// - Parameters:
  ///   - start: where in `bytes` the pickle begins.
  ///   - survey: notes what is asked for instead of refusing it; nil to refuse.
  init(
    _ bytes: UnsafeRawBufferPointer, from start: Int = 0, file: String, survey: PickleSurvey? = nil
  ) {
    self.bytes = bytes
    self.file = file
    self.survey = survey
    position = start
  }

  /// Runs until the pickle's end and returns its value.
  /// - Throws: `CheckpointError`.
  mutating func run() throws -> Index {
    for _ in 0..<Self.mostInstructions {
      let instruction = try next(UInt8.self)
      if instruction == UInt8(ascii: ".") { return try pop() }
      try execute(instruction)
    }
    throw damaged("more than \(Self.mostInstructions) instructions")
  }

  /// Notes why the pickle is followed no further.
  mutating func endSurvey(_ reason: String) { survey?.stop = reason }

  func damaged(_ reason: String) -> CheckpointError {
    .damaged(file: file, part: "pickle, byte \(position)", reason: reason)
  }

  private mutating func execute(_ instruction: UInt8) throws {
    switch instruction {
    case 0x80:
      let version = try next(UInt8.self)
      guard version <= Self.highestProtocol else { throw damaged("unknown protocol \(version)") }
    case 0x95: _ = try next(UInt64.self)
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popMarked()
    case UInt8(ascii: "N"): try push(at: 0)
    case 0x89: try push(at: 1)
    case 0x88: try push(at: 2)
    case UInt8(ascii: ")"): try push(at: 3)
    case UInt8(ascii: "J"): try push(.integer(Int(next(Int32.self))))
    case UInt8(ascii: "K"): try push(.integer(Int(next(UInt8.self))))
    case UInt8(ascii: "M"): try push(.integer(Int(next(UInt16.self))))
    case 0x8a: try push(longInteger())
    case UInt8(ascii: "G"): try push(.number(Double(bitPattern: next(UInt64.self).byteSwapped)))
    case UInt8(ascii: "X"), UInt8(ascii: "T"): try push(text(Int(next(UInt32.self))))
    case 0x8c, UInt8(ascii: "U"): try push(text(Int(next(UInt8.self))))
    case UInt8(ascii: "B"): try push(skipBytes(Int(next(UInt32.self))))
    case UInt8(ascii: "C"): try push(skipBytes(Int(next(UInt8.self))))
    case 0x8e, 0x96: try push(skipBytes(Int(clamping: next(UInt64.self))))
    case UInt8(ascii: "q"): memo[Int(try next(UInt8.self))] = try top()
    case UInt8(ascii: "r"): memo[Int(try next(UInt32.self))] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "h"): try recall(Int(next(UInt8.self)))
    case UInt8(ascii: "j"): try recall(Int(next(UInt32.self)))
    default: try executeOnContainers(instruction)
    }
  }

  private mutating func executeOnContainers(_ instruction: UInt8) throws {
    switch instruction {
    case 0x85...0x87: try push(.tuple(pop(Int(instruction - 0x84))))
    case UInt8(ascii: "t"): try push(.tuple(popMarked()))
    case UInt8(ascii: "]"): try push(.list([]))
    case 0x8f: try push(.inert)  // a set
    case 0x90: try append(popMarked())
    case 0x91:
      _ = try popMarked()
      try push(.inert)  // a set that does not change
    case UInt8(ascii: "l"): try push(.list(popMarked()))
    case UInt8(ascii: "a"): try append(pop(1))
    case UInt8(ascii: "e"): try append(popMarked())
    case UInt8(ascii: "}"): try push(.dictionary([]))
    case UInt8(ascii: "d"): try push(.dictionary(requirePairs(popMarked())))
    case UInt8(ascii: "s"): try setItems(pop(2))
    case UInt8(ascii: "u"): try setItems(requirePairs(popMarked()))
    case UInt8(ascii: "c"): try pushGlobal(module: line(), name: line())
    case UInt8(ascii: "i"):
      // Makes an instance of what it names; refused by that name where it is not even known.
      try pushGlobal(module: line(), name: line())
      guard survey != nil else { throw notNeeded(instruction) }
      let function = try pop()
      let arguments = try popMarked()
      noteCall(of: function, arguments)
      try push(.inert)
    case 0x93:
      let names = try pop(2)
      try pushGlobal(module: text(at: names[0]), name: text(at: names[1]))
    case UInt8(ascii: "R"), 0x81:
      let call = try pop(2)
      noteCall(of: call[0], (try? elements(of: call[1])) ?? [])
      try push(result(of: call[0], arguments: call[1]))
    case UInt8(ascii: "b"): try build()
    case UInt8(ascii: "Q"): try push(.storage(storage(try elements(of: pop()))))
    default:
      guard survey != nil else { throw notNeeded(instruction) }
      try executeInSurvey(instruction)
    }
  }

  /// Instructions that PyTorch never writes, for files that ask for more than tensors.
  private mutating func executeInSurvey(_ instruction: UInt8) throws {
    switch instruction {
    case UInt8(ascii: "o"):
      let parts = try popMarked()
      guard let function = parts.first else { throw damaged("makes an object of nothing") }
      noteCall(of: function, Array(parts.dropFirst()))
      try push(.inert)
    case 0x92:
      let call = try pop(3)
      noteCall(of: call[0], (try? elements(of: call[1])) ?? [])
      try push(.inert)
    case UInt8(ascii: "2"): try push(at: top())
    case UInt8(ascii: "S"), UInt8(ascii: "V"):
      try push(.text(line().trimmingCharacters(in: ["'", "\""])))
    case UInt8(ascii: "I"), UInt8(ascii: "L"):
      try push(Int(line().trimmingCharacters(in: ["L"])).map { .integer($0) } ?? .inert)
    case UInt8(ascii: "F"): try push(Double(line()).map { .number($0) } ?? .inert)
    case UInt8(ascii: "p"): if let key = Int(try line()) { memo[key] = try top() }
    case UInt8(ascii: "g"): try recall(Int(line()) ?? -1)
    default: throw notNeeded(instruction)
    }
  }

  private func notNeeded(_ instruction: UInt8) -> CheckpointError {
    damaged("instruction 0x\(String(instruction, radix: 16)) is not needed for tensors")
  }
}

// MARK: - Reading

extension PickleMachine {
  private mutating func next<I: FixedWidthInteger & BitwiseCopyable>(_ type: I.Type) throws -> I {
    guard let value = bytes.integer(at: position, as: type) else {
      throw damaged("ends too early")
    }
    position += MemoryLayout<I>.size
    return value
  }

  private mutating func take(_ count: Int) throws -> Slice<UnsafeRawBufferPointer> {
    guard count <= bytes.count - position else { throw damaged("ends too early") }
    defer { position += count }
    return bytes[position..<position + count]
  }

  private mutating func text(_ count: Int) throws -> PickleValue {
    let slice = try take(count)
    guard let text = String(validating: slice, as: UTF8.self) else {
      // Python 2 wrote bytes as strings.
      return .bytes
    }
    return .text(text)
  }

  private mutating func skipBytes(_ count: Int) throws -> PickleValue {
    _ = try take(count)
    return .bytes
  }

  private mutating func longInteger() throws -> PickleValue {
    let slice = try take(Int(next(UInt8.self)))
    guard slice.count <= 8 else { return .longInteger(Array(slice)) }
    var value: UInt64 = slice.last.map { $0 >= 0x80 ? UInt64.max : 0 } ?? 0
    for byte in slice.reversed() { value = value << 8 | UInt64(byte) }
    return .integer(Int(Int64(bitPattern: value)))
  }

  /// Text up to the next line feed; names are short.
  private mutating func line() throws -> String {
    let rest = bytes[position...].prefix(256)
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")),
      let line = String(validating: bytes[position..<end], as: UTF8.self)
    else { throw damaged("a name does not end") }
    position = end + 1
    return line
  }

  private mutating func pushGlobal(module: String, name: String) throws {
    let full = survey == nil ? "\(module).\(name)" : "\(module.prefix(256)).\(name.prefix(256))"
    let global = TorchGlobal(full)
    guard let known = global ?? survey.map({ _ in .inert(full) }) else {
      throw CheckpointError.refusedGlobal(file: file, name: full)
    }
    try push(.global(known))
    survey?.note(full, known: global, at: values.count - 1)
  }

  /// Notes a call of what a name stands for; nothing is called.
  private mutating func noteCall(of function: Index, _ arguments: [Index]) {
    guard survey?.isUnheard(function) == true else { return survey?.count(function) ?? () }
    let shown = arguments.prefix(4).map { words(for: $0, depth: 0) }
    survey?.note(callOf: function, shown + (arguments.count > 4 ? ["…"] : []))
  }

  /// A value as Python would write it, for people; containers by their first values.
  func words(for index: Index, depth: Int) -> String {
    switch values[index] {
    case .none: return "None"
    case .bool(let value): return value ? "True" : "False"
    case .integer(let value): return String(value)
    case .number(let value): return value.description
    case .text(let text): return text.quoted
    case .tuple(let items), .list(let items):
      guard depth < 2 else { return values[index].kind }
      let shown = items.prefix(4).map { words(for: $0, depth: depth + 1) }
      return "(\((shown + (items.count > 4 ? ["…"] : [])).joined(separator: ", ")))"
    default: return values[index].kind
    }
  }
}

// MARK: - The stack

extension PickleMachine {
  private mutating func push(_ value: PickleValue) throws {
    guard values.count < Self.mostValues else {
      throw damaged("more than \(Self.mostValues) values")
    }
    values.append(value)
    try push(at: values.count - 1)
  }

  private mutating func push(at index: Index) throws {
    guard stack.count < Self.mostValues, marks.count < Self.mostValues else {
      throw damaged("more than \(Self.mostValues) values")
    }
    stack.append(index)
  }

  private func top() throws -> Index {
    guard let index = stack.last, stack.count > marks.last ?? 0 else {
      throw damaged("the stack is empty")
    }
    return index
  }

  private mutating func pop() throws -> Index {
    let index = try top()
    stack.removeLast()
    return index
  }

  private mutating func pop(_ count: Int) throws -> [Index] {
    guard stack.count - (marks.last ?? 0) >= count else { throw damaged("the stack is empty") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popMarked() throws -> [Index] {
    guard let mark = marks.popLast() else { throw damaged("no mark on the stack") }
    defer { stack.removeLast(stack.count - mark) }
    return Array(stack[mark...])
  }

  private mutating func recall(_ key: Int) throws {
    guard let index = memo[key] else { throw damaged("nothing was kept under \(key)") }
    try push(at: index)
  }

  private func requirePairs(_ items: [Index]) throws -> [Index] {
    guard items.count.isMultiple(of: 2) else { throw damaged("a key without a value") }
    return items
  }

  /// Appends to the container on top of the stack, in place.
  private mutating func append(_ items: [Index]) throws {
    let index = try top()
    switch values[index] {
    case .list(var elements):
      values[index] = .none
      elements.append(contentsOf: items)
      values[index] = .list(elements)
    case .inert: break
    default: throw damaged("appends to \(values[index].kind)")
    }
  }

  private mutating func setItems(_ items: [Index]) throws {
    let index = try top()
    switch values[index] {
    case .dictionary(var members):
      values[index] = .none
      members.append(contentsOf: items)
      values[index] = .dictionary(members)
    case .inert: break
    default: throw damaged("sets items of \(values[index].kind)")
    }
  }

  /// Attributes, such as the `_metadata` of a state dictionary, are dropped.
  private mutating func build() throws {
    _ = try pop()
    let target = values[try top()]
    switch target {
    case .dictionary, .pairs, .tensor, .otherTensor, .inert: break
    default: throw damaged("sets the state of \(target.kind)")
    }
  }
}

// MARK: - Values by index

extension PickleMachine {
  func text(at index: Index) throws -> String {
    guard case .text(let text) = values[index] else {
      throw damaged("expected a string, found \(values[index].kind)")
    }
    return text
  }

  func integer(at index: Index) throws -> Int {
    guard case .integer(let integer) = values[index] else {
      throw damaged("expected an integer, found \(values[index].kind)")
    }
    return integer
  }

  func elements(of index: Index) throws -> [Index] {
    guard case .tuple(let elements) = values[index] else {
      throw damaged("expected a tuple, found \(values[index].kind)")
    }
    return elements
  }
}
