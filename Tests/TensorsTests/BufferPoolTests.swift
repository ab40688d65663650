import Tensors
import Testing

@Suite("Memory of tensors") struct BufferPoolTests {
  private let pool = BufferPool()
  private let count = 1 << 20

  @Test("a measurement counts what is held at once, not what is held in turn or was kept for reuse")
  func most() {
    let (before, kept) = (pool.take(count), pool.take(4 * count))
    pool.give(kept, 4 * count)
    let one = pool.measuring {
      for _ in 0..<3 { pool.give(pool.take(count), count) }
    }
    #expect(one.bytes == 4 * count)
    let two = pool.measuring {
      let (a, b) = (pool.take(count), pool.take(count))
      pool.give(a, count)
      pool.give(b, count)
      return 7
    }
    #expect(two.bytes == 8 * count && two.result == 7)
    pool.give(before, count)
    #expect(pool.measuring {}.bytes == 0)
    pool.drain()
  }
}
