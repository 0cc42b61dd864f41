// Undoes what strikes have done, so that the next pass of the same process finds all whole.
#pragma once

namespace perifocal::faults {

/// Gives all bytes of memory that were struck what they had. The pipeline that they belong to must still be there.
void mend();

}  // namespace perifocal::faults
