/* pages.c: is a page zero? */
#include "vms_ram.h"

#include "pages.h"

bool vms_page_is_zero(const uint8_t *page, size_t size)
{
#if VMS_AVX2
    if (vms_has_avx2())
        return vms_zero_wide(page, size);
#endif
    return vms_zero_plain(page, size);
}
