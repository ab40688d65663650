import CKernels
import Foundation
import Synchronization

/// An owner of borrowed memory that can let go of pages and have them back when they are touched,
/// as a mapped file can.
package protocol PageSource: AnyObject {
  /// The bytes will not be needed soon.
  func discard(_ bytes: UnsafeRawBufferPointer)
}

/// The memory behind a tensor: 64-byte aligned, from a pool, or borrowed from an owner such as a
/// mapped file.
///
/// Two tensors that share a storage are views of the same numbers (`reshaped`). Borrowed memory is
/// never written: a tensor that wants to change it copies first.
package final class Storage: @unchecked Sendable {
  package let base: UnsafeMutablePointer<Float>
  package let count: Int
  /// Keeps borrowed memory alive; nil when this storage owns its memory.
  package let owner: AnyObject?
  /// A number that no other storage has or had: who follows numbers through a computation needs not
  /// keep them in memory to know them again.
  package let identity = Storage.made.add(1, ordering: .relaxed).oldValue
  private static let made = Atomic(UInt64(0))

  package init(count: Int) {
    self.count = count
    base = BufferPool.shared.take(count)
    owner = nil
  }

  package init(borrowing base: UnsafeMutablePointer<Float>, count: Int, from owner: AnyObject) {
    self.base = base
    self.count = count
    self.owner = owner
  }

  deinit {
    if owner == nil { BufferPool.shared.give(base, count) }
  }
}

/// Freed tensor memory, kept by size for the next tensor of that size.
///
/// A denoising loop allocates the same shapes at every step; handing the pages back to the system
/// and faulting them in again would cost more than many of the kernels.
package final class BufferPool: @unchecked Sendable {
  package static let shared = BufferPool()

  private let lock = NSLock()
  private var free: [Int: [UnsafeMutablePointer<Float>]] = [:]
  private var keptFloats = 0
  /// In use now, at the worst since a measurement began, and at the worst ever.
  private var (usedFloats, mostFloats, mostEver) = (0, 0, 0)
  /// What may be kept in any case: 96 Mi floats, 384 MiB.
  private let limit = 96 << 20
  /// The most that may be kept now: beyond the limit as much as makes, together with what is in use, a third
  /// more than was in use at the worst. The steps of a training then find most of the memory that they gave,
  /// also where their second half wants other sizes than the first.
  private var allowance: Int { max(limit, mostEver + mostEver / 3 - usedFloats) }

  /// Rounds up to one of eight sizes per power of two, so that nearby shapes share buffers.
  private static func rounded(_ count: Int) -> Int {
    guard count > 1024 else { return 1024 }
    let step = 1 << (Int.bitWidth - count.leadingZeroBitCount - 4)
    return (count + step - 1) / step * step
  }

  package init() {}

  package func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    let size = Self.rounded(count)
    typealias Buffer = UnsafeMutablePointer<Float>
    let (found, discarded) = lock.withLock { () -> (Buffer?, [Buffer]) in
      usedFloats += size
      mostFloats = max(mostFloats, usedFloats)
      mostEver = max(mostEver, usedFloats)
      guard let buffer = free[size]?.popLast() else { return (nil, superfluous()) }
      keptFloats -= size
      return (buffer, [])
    }
    for buffer in discarded { buffer.deallocate() }
    return found ?? Self.allocate(size)
  }

  /// Takes from what is kept what is too much, the largest buffers first.
  private func superfluous() -> [UnsafeMutablePointer<Float>] {
    var buffers: [UnsafeMutablePointer<Float>] = []
    while keptFloats > allowance, let size = free.keys.max() {
      guard let buffer = free[size]?.popLast() else {
        free[size] = nil
        continue
      }
      keptFloats -= size
      buffers.append(buffer)
    }
    return buffers
  }

  /// Buffers as large as a large page ask for such: kernels that walk many streams would otherwise spend
  /// their time on address translation, and the system its own on hundreds of small pages.
  private static func allocate(_ size: Int) -> UnsafeMutablePointer<Float> {
    let page = 2 << 20
    let large = size * 4 >= page
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: size * 4, alignment: large ? page : 64)
    #if os(Linux)
      if large { madvise(memory, size * 4, MADV_HUGEPAGE) }
    #endif
    return memory.bindMemory(to: Float.self, capacity: size)
  }

  package func give(_ buffer: UnsafeMutablePointer<Float>, _ count: Int) {
    let size = Self.rounded(count)
    let kept = lock.withLock { () -> Bool in
      usedFloats -= size
      guard keptFloats + size <= allowance else { return false }
      free[size, default: []].append(buffer)
      keptFloats += size
      return true
    }
    if !kept { buffer.deallocate() }
  }

  /// Runs `body`, one measurement at a time.
  /// - Returns: its result, and how many bytes more than before tensors held at their worst, what
  ///   kernels work in included: the same in every run, whatever memory earlier work left, but for how much
  ///   threads work in at the same moment.
  package func measuring<Result>(_ body: () throws -> Result) rethrows -> (
    result: Result, bytes: Int
  ) {
    let before = lock.withLock {
      mostFloats = usedFloats
      return usedFloats
    }
    let result = try body()
    return (result, 4 * lock.withLock { mostFloats - before })
  }

  /// Gives all kept memory back to the system.
  package func drain() {
    let buffers = lock.withLock { () -> [UnsafeMutablePointer<Float>] in
      defer {
        free = [:]
        keptFloats = 0
      }
      return free.values.flatMap { $0 }
    }
    for buffer in buffers { buffer.deallocate() }
    ck_release_freed_memory()
  }
}
