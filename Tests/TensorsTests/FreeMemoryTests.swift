import Tensors
import Testing

@Suite("Free memory") struct FreeMemoryTests {
  private let meminfo = """
    MemTotal:       24600000 kB
    MemFree:         1000000 kB
    MemAvailable:   20000000 kB
    """

  @Test("what the system calls available, and no more than the control group has left")
  func bytes() {
    func bytes(_ limit: String?, _ used: String?) -> Int? {
      FreeMemory.bytes(meminfo: meminfo, limit: limit, used: used)
    }
    #expect(bytes(nil, nil) == 20_480_000_000)
    #expect(bytes("max\n", "5000\n") == 20_480_000_000)
    #expect(bytes("4000000000\n", "1000000000\n") == 3_000_000_000)
    #expect(bytes("1000\n", "2000\n") == 0)
    #expect(bytes("90000000000\n", "2000\n") == 20_480_000_000)
  }

  @Test("nothing is said where the system says nothing") func silence() {
    #expect(FreeMemory.bytes(meminfo: nil, limit: "1000", used: "1") == nil)
    #expect(FreeMemory.bytes(meminfo: "MemTotal: 1 kB", limit: nil, used: nil) == nil)
  }
}
