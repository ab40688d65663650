import Checkpoints
import Testing

@Suite("A pickle is read, never run") struct PickleMachineTests {
  private func refusal(_ pickle: PickleBuilder) -> String {
    let error = #expect(throws: CheckpointError.self) {
      try openTorch(torchArchive(pickle.bytes))
    }
    return error?.description ?? ""
  }

  @Test("instructions that tensors do not need are refused by their number")
  func instructions() {
    for instruction in [UInt8(ascii: "o"), UInt8(ascii: "P"), 0x82, 0x92, 0x98, 0xff, 0] {
      let text = refusal(PickleBuilder().code("N(").raw([instruction]))
      #expect(text.contains("0x\(String(instruction, radix: 16))"), "\(text)")
    }
  }

  @Test(
    "a stack, a mark or a memo that is not there",
    arguments: ["0", "1", "t", "e", "u", "R", "b", "Q", "s", "a", ".", "hA", "Na", "]NNs", "}((Nu"])
  func imbalance(code: String) {
    _ = refusal(PickleBuilder().code(code))
  }

  @Test("an instance of a known class is not made either")
  func instances() {
    let text = refusal(PickleBuilder().code("(icollections\nOrderedDict\n."))
    #expect(text.contains("0x69"))
  }

  @Test("a call of anything but the known functions")
  func calls() {
    #expect(refusal(PickleBuilder().code("N)R")).contains("calls None"))
    #expect(refusal(PickleBuilder().global("torch", "FloatStorage").code(")R")).contains("storage"))
    #expect(
      refusal(PickleBuilder().global("torch._utils", "_rebuild_tensor_v2").code(")R"))
        .contains("without a storage"))
  }

  @Test("a memo bomb costs what its bytes cost: shared values are not unfolded")
  func memoBomb() {
    // Each list holds the one before it ten times: 10⁶⁰ elements when unfolded.
    var bomb = PickleBuilder().code("]q\u{0}0")
    for level in 1...60 {
      let inner = "h" + String(UnicodeScalar(UInt8(level - 1)))
      bomb = bomb.code("](" + String(repeating: inner, count: 10) + "eq")
        .raw([UInt8(level)]).code("0")
    }
    #expect(refusal(bomb.code("h").raw([60]).code(".")).contains("found a list"))
  }

  @Test("a list inside itself, and nesting a million deep, end in plain errors")
  func recursion() {
    #expect(refusal(PickleBuilder().code("]q\u{0}h\u{0}a.")).contains("found a list"))
    let deep = PickleBuilder().code(")")
      .raw([UInt8](repeating: 0x85, count: 1_000_000)).code(".")
    #expect(refusal(deep).contains("found a tuple"))
  }

  @Test("values, the stack and instructions are bounded")
  func bounds() {
    let many = { (code: [UInt8], count: Int) in
      PickleBuilder().raw([UInt8]([[UInt8]](repeating: code, count: count).joined()))
    }
    #expect(refusal(many([0x5d], 2_000_001)).contains("values"))
    #expect(refusal(many([0x4e], 2_000_001)).contains("values"))
    #expect(refusal(many([0x4e, 0x30], 8_000_001)).contains("instructions"))
  }
}
