import Checkpoints
import Diagnostics
import Foundation
import GoldenSupport
import Tensors
import TestSupport
import Testing

@Suite("PyTorch's files: unusual tensors, and what lies beside them") struct TorchTypesTests {
  private func path(_ name: String) -> String {
    Repository.path("fixtures/golden/torch-types/\(name)")
  }

  @Test(
    "tensors come as torch reads them, whatever types are beside them",
    arguments: [("beside.pt", 10), ("python2.pth", 2)])
  func agreesWithTorch(name: String, count: Int) throws {
    var notices: [String] = []
    let file = try heard(by: .notices { notices.append($0) }) {
      try TorchFile(path(name))
    }
    let expected = try Golden.load("torch-types/expected")
    #expect(file.names.count == count)
    for name in file.names {
      let golden = try #require(expected[name])
      let read = try file.tensor(named: name, shape: golden.shape)
      // Some codes of eight bits are no numbers.
      let differ = zip(read.elements, golden.elements).filter {
        $0 != $1 && !($0.isNaN && $1.isNaN)
      }
      #expect(differ.isEmpty, "\(name)")
    }
    #expect(notices.count == (name == "beside.pt" ? 3 : 0), "\(notices)")
  }

  @Test("the types' own names are inert: what is made of them has no name in a file")
  func python2Names() throws {
    for name in ["set", "bytearray", "complex"] {
      let pickle = PickleBuilder().code("}(").text("x")
        .tensor(storage: 6, shape: [6], strides: [1]).text("y").global("__builtin__", name)
        .code(")Ru.")
      #expect(try openTorch(torchArchive(pickle.bytes)).names == ["x"])
    }
    #expect(throws: CheckpointError.refusedGlobal(file: "m.ckpt", name: "__builtin__.eval")) {
      try openTorch(torchArchive(PickleBuilder().global("__builtin__", "eval").bytes))
    }
  }

  @Test(
    "expanded tensors are bounded: each, and together",
    arguments: [
      (1, [1 << 23]), (1, [1 << 24]), (1, [1 << 40]), (40, [1 << 20]), (7, [1 << 62, 4]),
    ] as [(Int, [Int])])
  func expansions(tensors: Int, shape: [Int]) throws {
    var pickle = PickleBuilder().code("}(")
    for index in 0..<tensors {
      pickle = pickle.text("\(index)")
        .tensor(storage: 6, shape: shape, strides: shape.map { _ in 0 })
    }
    let archive = torchArchive(pickle.code("u.").bytes)
    if tensors == 1, shape == [1 << 23] {
      #expect(try openTorch(archive).info("0")?.shape == shape)
    } else {
      #expect(throws: CheckpointError.self) { try openTorch(archive) }
    }
  }

  @Test("a dictionary made of a list that is none, a tensor made of itself: refused")
  func damaged() {
    let ordered = PickleBuilder().global("collections", "OrderedDict")
    let typed = PickleBuilder().global("torch._tensor", "_rebuild_from_type_v2")
    for pickle in [
      ordered.code("N").raw([0x85]).code("R."), ordered.code("](Ne").raw([0x85]).code("R."),
      ordered.code("](]ae").raw([0x85]).code("R."), ordered.code("NN").raw([0x86]).code("R."),
      typed.code(")R."),
      typed.code("(").global("torch._tensor", "_rebuild_from_type_v2")
        .code("NNNtR."), typed.code("(NNNNtR."),
    ] {
      #expect(throws: CheckpointError.self) { try openTorch(torchArchive(pickle.bytes)) }
    }
  }

  @Test("one long list that many dictionaries are made of is read once")
  func sharedList() throws {
    func repeated(_ part: PickleBuilder) -> [UInt8] {
      [UInt8](repeatElement(part.bytes.dropFirst(2), count: 50_000).joined())
    }
    let item = PickleBuilder().text("k").code("N").raw([0x86])
    let dictionary = PickleBuilder().global("collections", "OrderedDict").code("h\u{0}")
      .raw([0x85]).code("R0")
    let pickle = PickleBuilder().code("](").raw(repeated(item)).code("eq\u{0}0}").text("x")
      .tensor(storage: 6, shape: [6], strides: [1]).code("s").raw(repeated(dictionary))
    var names: [String] = []
    let elapsed = try processorTime {
      names = try openTorch(torchArchive(pickle.code(".").bytes)).names
    }
    #expect(names == ["x"] && elapsed < .seconds(10))
  }
}
